import assert from 'node:assert/strict'
import { test } from 'node:test'
import { batchOf } from '../../test/support/kafka-client.ts'
import { ManualClock } from '../../test/support/manual-clock.ts'
import { ZERO_UUID } from '../base/uuid.ts'
import { KafkaError } from '../protocol/errors.ts'
import { RecordBatch } from '../protocol/records/batch.ts'
import type { Item } from './produce-items.ts'
import { TurnedAway } from './turned-away.ts'

const recordsOf = (baseSequence: number, producerEpoch = 0, producerId = 7) =>
  batchOf(['x'], { producerId, producerEpoch, baseSequence })

function item(records: Buffer | null, index = 0): Item {
  const data = { index, records }
  return { topic: { name: 'orders', topicId: ZERO_UUID, partitionData: [data] }, data }
}

/** What became of it. */
function offer(turnedAway: TurnedAway, records: Buffer, index = 0): string {
  try {
    turnedAway.requireNothingBefore(new RecordBatch(records), item(records, index))
    return 'taken'
  } catch (thrown) {
    if (thrown instanceof KafkaError) return thrown.error
    throw thrown
  }
}

test('what comes behind a refused batch waits until that one comes back', () => {
  const turnedAway = new TurnedAway(new ManualClock())
  turnedAway.note(item(recordsOf(3)))
  turnedAway.note(item(recordsOf(0)))
  turnedAway.note(item(recordsOf(5)))
  assert.equal(offer(turnedAway, recordsOf(3)), 'OUT_OF_ORDER_SEQUENCE_NUMBER')
  assert.equal(offer(turnedAway, recordsOf(3), 1), 'taken', 'another partition')
  assert.equal(offer(turnedAway, recordsOf(3, 0, 8)), 'taken', 'another producer')
  assert.equal(offer(turnedAway, recordsOf(0)), 'taken')
  assert.equal(offer(turnedAway, recordsOf(3)), 'taken', 'forgotten since')
})

test('another epoch of the producer and time make it forgotten', () => {
  const clock = new ManualClock()
  const turnedAway = new TurnedAway(clock)
  turnedAway.note(item(recordsOf(0)))
  assert.equal(offer(turnedAway, recordsOf(4, 1)), 'taken')
  turnedAway.note(item(recordsOf(0)))
  clock.work(10 * 60_000)
  assert.equal(offer(turnedAway, recordsOf(4)), 'OUT_OF_ORDER_SEQUENCE_NUMBER')
  clock.work(1)
  assert.equal(offer(turnedAway, recordsOf(4)), 'taken')
})

test('what has no sequence is nobody to remember, and only so many are remembered', () => {
  const turnedAway = new TurnedAway(new ManualClock())
  for (const records of [null, Buffer.alloc(10), batchOf(['plain'])]) turnedAway.note(item(records))
  assert.equal(offer(turnedAway, batchOf(['plain'])), 'taken')
  for (let partition = 0; partition <= 10_000; partition++) turnedAway.note(item(recordsOf(0), partition))
  assert.equal(offer(turnedAway, recordsOf(1), 0), 'taken')
  assert.equal(offer(turnedAway, recordsOf(1), 1), 'OUT_OF_ORDER_SEQUENCE_NUMBER')
})
