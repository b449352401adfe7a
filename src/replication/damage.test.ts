// A replica whose disk has spoiled records does not lead where another one can, and mends itself from the leader.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readAll, settle } from '../../test/support/log-world.ts'
import { ReplicationWorld, recordsAt, told } from '../../test/support/replication-world.ts'
import { KafkaError } from '../protocol/errors.ts'
import { batches } from '../protocol/records/batch.ts'

/** A follower of five records, all committed, the third of which its disk has spoiled; found by a scrub. */
async function damaged() {
  const world = new ReplicationWorld()
  const before = await world.following()
  await world.fetches[0]!.answer(told({ records: recordsAt(0, [5, 5, 5, 5, 5]), highWatermark: 5 }))
  before.replicas.stop()
  await settle(10)
  await before.dir.close({ brokerEpoch: 1 })
  const path = '/data/t-0/00000000000000000000.log'
  const bytes = Buffer.from((await world.disk.readAtomic(path))!)
  const third = [...batches(bytes)][2]!
  bytes[third.at + third.sizeInBytes - 1]! ^= 1
  await world.disk.replaceAtomic(path, bytes)
  const { replicas, partitions } = await world.following(1, { tailBytes: 0 })
  const partition = partitions[0]!
  const scrub = partition.log.scrub()
  while ((await scrub.step()) > 0);
  assert.equal(partition.log.damage?.startOffset, 2)
  return { world, replicas, partition }
}

const role = { leaderId: 2, leaderEpoch: 5, replicas: [1, 2] }
const offsetAsked = (world: ReplicationWorld) => world.fetches.at(-1)!.request.topics?.[0]?.partitions?.[0]?.fetchOffset

test('a follower cuts nothing that is committed while it counts as having it: it asks for it, and when it is out of sync makes it anew', async () => {
  const { world, replicas, partition } = await damaged()
  await world.fetches.at(-1)!.answer({}) // it was on its way before the damage was known
  assert.equal(offsetAsked(world), 2, 'the leader learns by it that the follower has lost something')
  await world.fetches.at(-1)!.answer(told({ records: recordsAt(2, [5]), highWatermark: 5 }))
  assert.equal(partition.endOffset, 5, 'nothing is cut yet')
  replicas.become(partition, { ...role, partitionEpoch: 1, isr: [2], elr: [1] })
  await world.clock.advance(1010)
  await world.fetches.at(-1)!.answer(told({ records: recordsAt(2, [5]), highWatermark: 5 }))
  assert.equal(partition.endOffset, 5, 'it may be asked to lead')
  replicas.become(partition, { ...role, partitionEpoch: 2, isr: [2] })
  await world.clock.advance(1010)
  await world.fetches.at(-1)!.answer(told({ records: recordsAt(2, [5]), highWatermark: 5 }))
  assert.deepEqual([partition.endOffset, partition.log.damage, offsetAsked(world)], [2, null, 2])
  await world.fetches.at(-1)!.answer(told({ records: recordsAt(2, [5, 5, 5]), highWatermark: 5 }))
  assert.equal((await readAll(partition.log)).length, 5)
  assert.equal(partition.highWatermark, 5)
  replicas.stop()
})

test('a leader that finds its copy damaged asks for another leader, and goes on where it must', async () => {
  const { world, replicas, partition } = await damaged()
  replicas.become(partition, { ...role, leaderId: 1, leaderEpoch: 6, partitionEpoch: 1, isr: [1, 2] })
  assert.deepEqual(
    world.questions.map(({ change }) => change.newIsr),
    [[{ brokerId: 2, brokerEpoch: -1 }]],
  )
  await world.questions[0]!.refuse(new KafkaError('INVALID_REQUEST'))
  assert.equal(partition.isLeader, true)
  replicas.become(partition, { ...role, leaderId: 1, leaderEpoch: 6, partitionEpoch: 2, isr: [1, 2] })
  assert.equal(world.questions.length, 1, 'it was told that it must')
  replicas.stop()
})

test('the only replica in sync leads although its copy is damaged: nobody else has what is sound in it', async () => {
  const { world, replicas, partition } = await damaged()
  replicas.become(partition, { ...role, leaderId: 1, leaderEpoch: 6, partitionEpoch: 1, isr: [1] })
  assert.deepEqual([partition.isLeader, world.questions.length], [true, 0])
  replicas.stop()
})
