import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ForeignCluster } from './foreign-cluster.ts'

const FOREIGN = 104

function scene(others: number) {
  const told: string[] = []
  const cluster = new ForeignCluster({
    clusterId: 'ours',
    directory: '/d',
    others: () => others,
    onForeign: (why) => told.push(why.message),
  })
  return { told, says: (port: number, code: number) => cluster.answered({ host: 'h', port }, code) }
}

test('who is told by most of the others that it belongs to another cluster stops; one such voice is not enough', () => {
  const { told, says } = scene(2)
  says(1, FOREIGN)
  says(1, FOREIGN)
  assert.deepEqual(told, [])
  says(2, FOREIGN)
  says(2, FOREIGN)
  assert.equal(told.length, 1)
  assert.match(told[0]!, /\/d belongs to cluster ours, and h:1, h:2 to another/)
})

test('once somebody has answered as one of ours, the others are strangers', () => {
  const { told, says } = scene(1)
  says(1, 0)
  says(2, FOREIGN)
  says(3, FOREIGN)
  assert.deepEqual(told, [])
})
