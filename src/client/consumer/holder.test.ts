// What a program is told of its partitions when several things happen at once.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deferred } from '../../base/deferred.ts'
import { nodeClock } from '../../platform/node/clock.ts'
import { Assignment } from './assignment.ts'
import { Deliveries } from './deliveries.ts'
import { GroupHolder } from './holder.ts'
import { Hurry } from './hurry.ts'
import { nameOf, type TopicPartition } from './place.ts'

const places = [0, 1].map((partition) => ({ topic: 't', partition }))

/** With a program that has something of each partition until it is done. */
async function holding(onRevoked: () => Promise<void> | void = () => {}) {
  const assignment = new Assignment()
  const deliveries = new Deliveries(nodeClock())
  const told: string[] = []
  const note = (what: string) => (partitions: readonly TopicPartition[]) => {
    told.push(`${what} ${partitions.map(nameOf).join()}`)
    return what === '-' ? onRevoked() : undefined
  }
  const holder = new GroupHolder({
    assignment,
    deliveries,
    autoCommit: () => null,
    listener: () => ({ onAssigned: note('+'), onRevoked: note('-'), onLost: note('!') }),
    hurry: new Hurry(),
    onChange() {},
    onError: assert.fail,
  })
  await holder.assign(places)
  const delivery = deliveries.open({ isHandler: true })
  deliveries.give(delivery, assignment.all)
  return { holder, told, done: () => deliveries.settle(delivery) }
}

test('what is given up twice is told once', async () => {
  const { holder, told, done } = await holding()
  const revoking = [holder.revoke(places), holder.revoke(places.slice(1)), holder.assign(places.slice(0, 1))]
  done()
  await Promise.all(revoking)
  assert.deepEqual(told, ['+ t-0,t-1', '- t-0,t-1', '+ t-0'])
})

test('a loss does not wait for the program, and is told once', async () => {
  const { holder, told } = await holding()
  const revoking = holder.revoke(places)
  await holder.lose(places)
  await revoking
  assert.deepEqual(told, ['+ t-0,t-1', '! t-0,t-1'])
})

test('what the program is just being told to give up is not told as lost', async () => {
  const listening = deferred<void>()
  const { holder, told, done } = await holding(() => listening.promise)
  done()
  const revoking = holder.revoke(places)
  for (let i = 0; i < 10; i++) await Promise.resolve()
  await holder.lose(places)
  listening.resolve()
  await revoking
  assert.deepEqual(told, ['+ t-0,t-1', '- t-0,t-1'])
})
