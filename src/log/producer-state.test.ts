import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from '../../test/support/fast-check.ts'
import { batchOf, LogWorld, logConfig, marker, settle, TOPIC_ID } from '../../test/support/log-world.ts'
import type { RecordBatch } from '../protocol/records/batch.ts'
import type { Log } from './log.ts'

async function newLog(changes = {}): Promise<{ world: LogWorld; log: Log; dir: Awaited<ReturnType<LogWorld['open']>> }> {
  const world = new LogWorld(logConfig(changes))
  const dir = await world.open()
  return { world, dir, log: await dir.createLog('t', 0, TOPIC_ID, world.config) }
}

function produced(
  producerId: number,
  producerEpoch: number,
  baseSequence: number,
  count = 1,
  isTransactional = false,
): RecordBatch {
  return batchOf(Array(count).fill('x'), {
    producerId,
    producerEpoch,
    baseSequence,
    isTransactional,
    timestamp: 1_700_000_000_000,
  })
}

/** What a broker does with a Produce: check, then append unless it is a repetition. */
function produce(log: Log, batch: RecordBatch): number {
  const known = log.producers.check(batch)
  return known === 'new' ? log.append(batch, 0).baseOffset : known.duplicateOf.baseOffset
}

test('the last five batches of a producer are recognised, with the offsets they got', async () => {
  const { log } = await newLog()
  const offsets = Array.from({ length: 7 }, (_, i) => produce(log, produced(9, 0, i * 2, 2)))
  for (let i = 2; i < 7; i++) assert.equal(produce(log, produced(9, 0, i * 2, 2)), offsets[i])
  assert.equal(log.endOffset, 14)
  for (const repeated of [produced(9, 0, 2, 2), produced(9, 0, 12, 1), produced(9, 0, 11, 2), produced(9, 0, 15)]) {
    assert.throws(() => produce(log, repeated), { error: 'OUT_OF_ORDER_SEQUENCE_NUMBER' })
  }
})

test('a producer that is not known may begin anywhere; a newer epoch begins at 0; an older one is fenced', async () => {
  const { log } = await newLog()
  produce(log, produced(9, 4, 100))
  assert.throws(() => produce(log, produced(9, 5, 101)), { error: 'OUT_OF_ORDER_SEQUENCE_NUMBER' })
  assert.equal(produce(log, produced(9, 4, 101)), 1)
  assert.equal(produce(log, produced(9, 5, 0)), 2)
  assert.throws(() => produce(log, produced(9, 4, 102)), { error: 'INVALID_PRODUCER_EPOCH' })
})

test('sequences go on with 0 after 2147483647, within a batch and between two', async () => {
  const { log } = await newLog()
  produce(log, produced(9, 0, 2147483646, 2))
  assert.equal(produce(log, produced(9, 0, 0, 3)), 2)
  const { log: other } = await newLog()
  const across = () => produced(9, 0, 2147483646, 4)
  assert.equal(produce(other, across()), 0)
  assert.equal(produce(other, produced(9, 0, 2)), 4)
  assert.equal(produce(other, across()), 0)
})

test('the first unstable offset stays below an open transaction, and below an ended one until its marker is committed', async () => {
  const { log } = await newLog()
  assert.equal(log.producers.firstUnstableOffset, null)
  log.append(batchOf(['plain']), 0)
  produce(log, produced(1, 0, 0, 2, true))
  produce(log, produced(2, 0, 0, 1, true))
  log.append(marker(1, 0, true), 0)
  assert.equal(log.producers.firstUnstableOffset, 1)
  log.highWatermark = log.endOffset
  assert.equal(log.producers.firstUnstableOffset, 3)
  log.append(marker(2, 0, false), 0)
  log.highWatermark = log.endOffset
  assert.equal(log.producers.firstUnstableOffset, null)
})

test('aborted transactions are told to those who read their offsets', async () => {
  const { log } = await newLog({ 'internal.segment.bytes': 300 })
  produce(log, produced(1, 0, 0, 2, true))
  log.append(marker(1, 0, false), 0)
  produce(log, produced(1, 0, 2, 2, true))
  produce(log, produced(2, 0, 0, 1, true))
  log.append(marker(1, 0, true), 0)
  log.append(marker(2, 0, false), 0)
  const all = [
    { producerId: 1, firstOffset: 0 },
    { producerId: 2, firstOffset: 5 },
  ]
  assert.deepEqual(log.producers.abortedTransactions(0, 8), all)
  assert.deepEqual(log.producers.abortedTransactions(0, 5), all.slice(0, 1))
  assert.deepEqual(log.producers.abortedTransactions(3, 8), all.slice(1))
})

test('a producer that wrote outside of its open transaction is refused, and a marker of a fenced coordinator too', async () => {
  const { log } = await newLog()
  produce(log, produced(1, 0, 0, 1, true))
  assert.throws(() => produce(log, produced(1, 0, 1)), { error: 'INVALID_TXN_STATE' })
  log.append(marker(1, 0, true, 7), 0)
  assert.throws(() => log.producers.checkMarker(1, 0, 6), { error: 'TRANSACTION_COORDINATOR_FENCED' })
  log.producers.checkMarker(1, 0, 7)
})

test('silent producers are forgotten after producer.id.expiration.ms, but not in a transaction', async () => {
  const { log, world } = await newLog()
  produce(log, produced(1, 0, 0))
  produce(log, produced(2, 0, 0, 1, true))
  await log.applyRetention(world.clock.now() + 86_400_000)
  assert.deepEqual(
    [...log.producers.describe()].map(({ producerId }) => producerId),
    [2],
  )
})

const step = fc.record({
  producer: fc.nat(3),
  epochUp: fc.boolean(),
  count: fc.integer({ min: 1, max: 3 }),
  ends: fc.constantFrom(null, true, false),
})

test('producers that are restored are those that lived: after a clean stop, after a crash, after a cut', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), fc.nat(39), async (steps, cutAt) => {
      const { world, log, dir } = await newLog({ 'internal.segment.bytes': 700 })
      const epochs = new Map<number, number>()
      const next = new Map<number, number>()
      const states: { offset: number; state: string }[] = []
      for (const [i, { producer, epochUp, count, ends }] of steps.entries()) {
        const isTransactional = producer < 2
        states.push({ offset: log.endOffset, state: describe(log) })
        if (ends !== null && isTransactional && epochs.has(producer))
          log.append(marker(producer, epochs.get(producer)!, ends, 0, 1_700_000_000_000), 0)
        else {
          const isOpen = [...log.producers.describe()].some(
            ({ producerId, currentTxnStartOffset }) => producerId === producer && currentTxnStartOffset >= 0,
          )
          if (epochUp && !isOpen) {
            epochs.set(producer, (epochs.get(producer) ?? 0) + 1)
            next.set(producer, 0)
          } else if (!epochs.has(producer)) epochs.set(producer, 0)
          const sequence = next.get(producer) ?? 0
          produce(log, produced(producer, epochs.get(producer)!, sequence, count, isTransactional))
          next.set(producer, sequence + count)
        }
        if (i === 20) await settle()
      }
      const lived = describe(log)
      await settle(20)
      await world.crash()
      const again = await world.open()
      assert.equal(describe(again.logs.get('t-0')!), lived)
      await again.close({ brokerEpoch: 1 })
      const third = await world.open()
      const reopened = third.logs.get('t-0')!
      assert.equal(describe(reopened), lived)
      const cut = states[Math.min(cutAt, states.length - 1)]!
      await reopened.truncate(cut.offset)
      assert.equal(describe(reopened), cut.state)
      await dir.close(null)
    }),
    { numRuns: 40, includeErrorInReport: true },
  )
})

test('a damaged snapshot is left out, and the log says the same', async () => {
  const { world, log, dir } = await newLog({ 'internal.segment.bytes': 300 })
  for (let i = 0; i < 12; i++) produce(log, produced(i % 3, 0, Math.floor(i / 3)))
  const lived = describe(log)
  await dir.close({ brokerEpoch: 1 })
  for (const { name } of await world.disk.list('/data/t-0')) {
    if (!name.endsWith('.snapshot')) continue
    const bytes = Buffer.from((await world.disk.readAtomic(`/data/t-0/${name}`))!)
    bytes[bytes.length - 1]! ^= 1
    await world.disk.replaceAtomic(`/data/t-0/${name}`, bytes)
  }
  assert.equal(describe((await world.open()).logs.get('t-0')!), lived)
})

function describe(log: Log): string {
  const producers = [...log.producers.describe()].sort((one, other) => one.producerId - other.producerId)
  return JSON.stringify([producers, log.producers.abortedTransactions(0, log.endOffset)])
}
