import assert from 'node:assert/strict'
import { test } from 'node:test'
import { batchOf, LogWorld, settle, TOPIC_ID } from '../../test/support/log-world.ts'
import { deferred } from '../base/deferred.ts'
import { KafkaError } from '../protocol/errors.ts'
import { batches } from '../protocol/records/batch.ts'
import { Partition } from './partition.ts'

const ROLE = { leaderId: 1, leaderEpoch: 0, partitionEpoch: 0, replicas: [1], isr: [1] }

async function led(world = new LogWorld()) {
  const dir = await world.open()
  const log = dir.logs.get('t-0') ?? (await dir.createLog('t', 0, TOPIC_ID, world.config))
  const partition = new Partition(log, { localId: 1, clock: world.clock, flushPolicy: 'fsync' })
  partition.become(ROLE)
  return { world, dir, partition }
}

test('a machine reads whole batches wherever the disk cuts its bytes', async () => {
  const { world, dir, partition } = await led()
  for (let i = 0; i < 50; i++) partition.append(batchOf([`${i} `.repeat(2000)]).slice())
  await settle(20)
  await dir.close({ brokerEpoch: 1 })
  const again = await led(world)
  const pieces = await again.partition.read(0, 1 << 20)
  assert.equal(pieces.flatMap((piece) => [...batches(piece)]).length, 50)
  await again.dir.close(null)
})

test('who follows a partition hears once that it is over, also who comes late; nothing is committed after that', async () => {
  const { dir, partition } = await led()
  const told: string[] = []
  partition.onRetired((why) => told.push(why.error))
  partition.onCommit(() => told.push('committed'))
  partition.append(batchOf(['under way']).slice())
  partition.retire(new KafkaError('KAFKA_STORAGE_ERROR'))
  partition.retire(new KafkaError('UNKNOWN_TOPIC_OR_PARTITION'))
  partition.onRetired((why) => told.push(`late ${why.error}`))
  await settle(20)
  assert.deepEqual(told, ['KAFKA_STORAGE_ERROR', 'late UNKNOWN_TOPIC_OR_PARTITION'])
  await dir.close(null)
})

test('a machine that is loaded from a partition whose end is being cut off reads what is left of it', async () => {
  const { dir, partition } = await led()
  for (const value of ['kept', 'cut']) partition.append(batchOf([value]).slice())
  await settle(20)
  const follower = { ...ROLE, leaderId: 2, leaderEpoch: 1, partitionEpoch: 1 }
  partition.become(follower)
  const held = deferred<void>()
  const cutting = partition.cutting(1, async (log) => {
    await held.promise
    await log.truncate(1)
  })
  partition.become({ ...follower, leaderId: 1, leaderEpoch: 2, partitionEpoch: 2 })
  const reading = partition.read(0, 1 << 20)
  await settle(20)
  held.resolve()
  await cutting
  const pieces = await reading
  assert.equal(pieces.flatMap((piece) => [...batches(piece)]).length, 1)
  assert.deepEqual([partition.isLeader, partition.endOffset], [true, 1])
  await dir.close(null)
})
