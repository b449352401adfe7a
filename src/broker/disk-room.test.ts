import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../test/support/manual-clock.ts'
import type { Disk } from '../platform/disk.ts'
import { silentLogger } from '../platform/logger.ts'
import { KafkaError } from '../protocol/errors.ts'
import { DiskRoom } from './disk-room.ts'

const TOTAL = 1000 // 50 of them are reserved

async function roomWith(usable: number, unwrittenBytes = 0) {
  const space = { total: TOTAL, usable }
  const clock = new ManualClock()
  const room = new DiskRoom(
    { path: '/data', unwrittenBytes },
    { space: async () => space } as unknown as Disk,
    clock,
    silentLogger,
  )
  await settled()
  return { room, space, clock }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))
const full = (thrown: unknown) => thrown instanceof KafkaError && thrown.error === 'KAFKA_STORAGE_ERROR'

test('records are taken until only the reserve is left, without asking the disk for each', async () => {
  const { room } = await roomWith(150)
  room.take(60)
  room.take(40)
  assert.throws(() => room.take(1), full)
})

test('room that others took or gave back is seen at the next measuring', async () => {
  const { room, space, clock } = await roomWith(500)
  space.usable = 60
  room.take(100)
  await clock.advance(1000)
  room.take(1) // measures
  await settled()
  assert.throws(() => room.take(20), full)
  space.usable = 300
  await clock.advance(100)
  assert.throws(() => room.take(20), full)
  await settled()
  room.take(20)
})

test('what was appended and is not yet written counts as taken', async () => {
  const { room } = await roomWith(150, 90)
  assert.throws(() => room.take(20), full)
  room.take(10)
})
