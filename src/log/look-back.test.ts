import assert from 'node:assert/strict'
import { test } from 'node:test'
import { batchOf, LogWorld, logConfig, settle, TOPIC_ID } from '../../test/support/log-world.ts'
import type { RecordBatch } from '../protocol/records/batch.ts'
import type { Log } from './log.ts'

const NOW = 1_700_000_000_000

function produced(producerId: number, baseSequence: number, { producerEpoch = 0, text = 'x' } = {}): RecordBatch {
  return batchOf([text, text], { producerId, producerEpoch, baseSequence, timestamp: NOW })
}

function offsetOf(log: Log, batch: RecordBatch): number | 'new' {
  const known = log.producers.check(batch)
  return known === 'new' ? 'new' : known.duplicateOf.baseOffset
}

async function restarted(fill: (log: Log) => void, changes = {}, isClean = true): Promise<Log> {
  const world = new LogWorld(logConfig(changes))
  const dir = await world.open()
  const log = await dir.createLog('t', 0, TOPIC_ID, world.config)
  fill(log)
  await settle()
  if (isClean) await dir.close({ brokerEpoch: 1 })
  else await world.crash()
  return (await world.open()).logs.get('t-0')!
}

test('after a clean stop the last five batches of each producer are still recognised', async () => {
  const log = await restarted((log) => {
    for (let i = 0; i < 10; i++) for (const id of [7, 8]) log.append(produced(id, i * 2), 0)
  })
  for (let i = 5; i < 10; i++) {
    assert.equal(offsetOf(log, produced(7, i * 2)), i * 4)
    assert.equal(offsetOf(log, produced(8, i * 2)), i * 4 + 2)
  }
  assert.throws(() => offsetOf(log, produced(7, 8)), { error: 'OUT_OF_ORDER_SEQUENCE_NUMBER' })
  assert.equal(offsetOf(log, produced(7, 20)), 'new')
})

test('they are recognised across the boundary of segments, and after a kill too', async () => {
  const small = { 'internal.segment.bytes': 300 } // two batches each
  for (const isClean of [true, false]) {
    const log = await restarted(
      (log) => {
        for (let i = 0; i < 11; i++) log.append(produced(7, i * 2, { text: 'x'.repeat(30) }), 0)
      },
      small,
      isClean,
    )
    for (let i = 6; i < 11; i++) assert.equal(offsetOf(log, produced(7, i * 2, { text: 'x'.repeat(30) })), i * 4 - i * 2)
  }
})

test('batches of an older epoch are not taken for those of the last one', async () => {
  const log = await restarted((log) => {
    log.append(produced(7, 0), 0)
    log.append(produced(7, 2), 0)
    log.append(produced(7, 0, { producerEpoch: 1 }), 0)
  })
  assert.equal(offsetOf(log, produced(7, 0, { producerEpoch: 1 })), 4)
  assert.throws(() => offsetOf(log, produced(7, 2)), { error: 'INVALID_PRODUCER_EPOCH' })
})
