// A few seeds of whole clusters, and every one that once failed. More of them: npm run sim -- --cluster.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { failedOnce } from '../failed-once.ts'
import { clusterRun } from './cluster-run.ts'
import { turnBits } from './nemesis.ts'

const TWICE = 1

for (const seed of new Set([TWICE, ...failedOnce('test/sim/cluster/seeds.txt')])) {
  test(`cluster seed ${seed}: what was acknowledged stays, all copies are the same, and all works again after the trouble`, async () => {
    const { failure, acknowledged, world } = await clusterRun(seed)
    assert.equal(failure, null, `${failure?.stack}\n${world.trace.last.join('\n')}`)
    assert.ok(acknowledged > 20, `only ${acknowledged} records were acknowledged`)
    if (seed === TWICE) assert.equal((await clusterRun(seed)).world.trace.hash, world.trace.hash)
  })
}

test('bits that turn over where the next look for damage is a week away are met and mended before all is read', async () => {
  const { failure, world } = await clusterRun(18, turnBits)
  assert.equal(failure, null, `${failure?.stack}\n${world.trace.last.join('\n')}`)
  for (const what of ['a bit was turned over', 'damage was met at the end', 'a damaged replica was made again'])
    assert.ok(world.trace.sometimes.get(what), `never: ${what}`)
})
