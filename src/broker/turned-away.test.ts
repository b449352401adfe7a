import assert from 'node:assert/strict'
import { test } from 'node:test'
import { batchOf } from '../../test/support/kafka-client.ts'
import { ManualClock } from '../../test/support/manual-clock.ts'
import { ZERO_UUID } from '../base/uuid.ts'
import { KafkaError } from '../protocol/errors.ts'
import { RecordBatch } from '../protocol/records/batch.ts'
import { InvalidBatch } from '../protocol/records/validate.ts'
import type { Item } from './produce-items.ts'
import { TurnedAway } from './turned-away.ts'

const NOT_LEADER = new KafkaError('NOT_LEADER_OR_FOLLOWER')
const NEVER = new KafkaError('MESSAGE_TOO_LARGE')
/** What the partition may know: nothing of the producer, something else than what comes before, or just that. */
const NOTHING = { entries: new Map(), continues: () => false }
const GAP = { entries: new Map([[7, {}]]), continues: () => false }
const IN_ORDER = { entries: GAP.entries, continues: () => true }

interface About {
  readonly producerId?: number
  readonly producerEpoch?: number
  readonly index?: number
  readonly connection?: number
  readonly known?: typeof NOTHING
}

/** One batch of two records. */
const recordsOf = (baseSequence: number, { producerId = 7, producerEpoch = 0 }: About = {}) =>
  batchOf(['x', 'y'], { producerId, producerEpoch, baseSequence })

function item(records: Buffer | null, index = 0): Item {
  const data = { index, records }
  return { topic: { name: 'orders', topicId: ZERO_UUID, partitionData: [data] }, data }
}

function refuse(turnedAway: TurnedAway, baseSequence: number, why = NOT_LEADER, about: About = {}): void {
  turnedAway.note(about.connection ?? 1, item(recordsOf(baseSequence, about), about.index), why)
}

/** What became of it; a refusal is noted as the handler does it. */
function offer(turnedAway: TurnedAway, baseSequence: number, about: About = {}): string {
  const { connection = 1, known = NOTHING, index } = about
  const records = recordsOf(baseSequence, about)
  try {
    turnedAway.requireNothingBefore(connection, item(records, index), new RecordBatch(records), known)
    return 'taken'
  } catch (thrown) {
    if (!(thrown instanceof KafkaError)) throw thrown
    turnedAway.note(connection, item(records, index), thrown)
    return thrown.error
  }
}

test('what comes behind a refused batch waits until that one comes back, where nothing of the producer is known', () => {
  const turnedAway = new TurnedAway(new ManualClock())
  refuse(turnedAway, 6, NEVER)
  refuse(turnedAway, 0, NEVER)
  refuse(turnedAway, 8, NEVER)
  assert.equal(offer(turnedAway, 6), 'OUT_OF_ORDER_SEQUENCE_NUMBER')
  assert.equal(offer(turnedAway, 6, { index: 1 }), 'taken', 'another partition')
  assert.equal(offer(turnedAway, 6, { producerId: 8 }), 'taken', 'another producer')
  assert.equal(offer(turnedAway, 0), 'taken')
  assert.equal(offer(turnedAway, 6), 'taken', 'forgotten since')
})

test('what comes right behind is refused for the reason of the first, and so is the next, until the log has what is before it', () => {
  for (const known of [NOTHING, GAP]) {
    const turnedAway = new TurnedAway(new ManualClock())
    refuse(turnedAway, 10)
    assert.equal(offer(turnedAway, 12, { known }), 'NOT_LEADER_OR_FOLLOWER')
    assert.equal(offer(turnedAway, 14, { known }), 'NOT_LEADER_OR_FOLLOWER')
    assert.equal(offer(turnedAway, 16, { known: IN_ORDER }), 'taken')
    assert.equal(offer(turnedAway, 18, { known }), 'taken', 'forgotten since')
  }
})

test('a gap of its own is left to the partition that knows the producer: further behind, over another connection, sent again without the first', () => {
  const turnedAway = new TurnedAway(new ManualClock())
  refuse(turnedAway, 10)
  assert.equal(offer(turnedAway, 13, { known: GAP }), 'taken')
  assert.equal(offer(turnedAway, 12, { known: GAP, connection: 2 }), 'taken')
  assert.equal(offer(turnedAway, 12, { known: GAP }), 'NOT_LEADER_OR_FOLLOWER')
  assert.equal(offer(turnedAway, 12, { known: GAP }), 'taken')
  assert.equal(offer(turnedAway, 12), 'OUT_OF_ORDER_SEQUENCE_NUMBER', 'where nothing is known')
})

test('behind a batch that does not come again there is a gap for ever', () => {
  for (const why of [NEVER, new KafkaError('OUT_OF_ORDER_SEQUENCE_NUMBER'), new InvalidBatch('CORRUPT_MESSAGE', 'spoiled')]) {
    const turnedAway = new TurnedAway(new ManualClock())
    refuse(turnedAway, 10, why)
    assert.equal(offer(turnedAway, 12, { known: GAP }), 'taken')
  }
})

test('sequences go on with 0 after 2147483647', () => {
  const turnedAway = new TurnedAway(new ManualClock())
  refuse(turnedAway, 2147483646)
  assert.equal(offer(turnedAway, 0, { known: GAP }), 'NOT_LEADER_OR_FOLLOWER')
})

test('another epoch of the producer and time make it forgotten; what was under way has come within half a minute', () => {
  const clock = new ManualClock()
  const turnedAway = new TurnedAway(clock)
  refuse(turnedAway, 0)
  assert.equal(offer(turnedAway, 2, { producerEpoch: 1 }), 'taken')
  refuse(turnedAway, 0)
  clock.work(30_000)
  assert.equal(offer(turnedAway, 2), 'NOT_LEADER_OR_FOLLOWER')
  clock.work(1)
  assert.equal(offer(turnedAway, 4), 'OUT_OF_ORDER_SEQUENCE_NUMBER')
  clock.work(10 * 60_000 - 30_001)
  assert.equal(offer(turnedAway, 4), 'OUT_OF_ORDER_SEQUENCE_NUMBER')
  clock.work(1)
  assert.equal(offer(turnedAway, 4), 'taken')
})

test('what has no sequence is nobody to remember, and only so many are remembered', () => {
  const turnedAway = new TurnedAway(new ManualClock())
  for (const records of [null, Buffer.alloc(10), batchOf(['plain'])]) turnedAway.note(1, item(records), NOT_LEADER)
  assert.equal(offer(turnedAway, -1, { producerId: -1, producerEpoch: -1 }), 'taken')
  for (let index = 0; index <= 10_000; index++) refuse(turnedAway, 0, NEVER, { index })
  assert.equal(offer(turnedAway, 2, { index: 0 }), 'taken')
  assert.equal(offer(turnedAway, 2, { index: 1 }), 'OUT_OF_ORDER_SEQUENCE_NUMBER')
})
