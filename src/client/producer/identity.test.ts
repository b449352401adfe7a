import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ProducerBatch } from './batch.ts'
import { addSequence, ProducerBatch as Batch } from './batch.ts'
import { Sequences } from './identity.ts'

const first = { id: 7, epoch: 0 }
const second = { id: 7, epoch: 1 }
const nobody = { delivered() {}, failed() {} }

function batchOf(records: number): ProducerBatch {
  const batch = new Batch({ topic: 't', partition: 0 }, { bytes: Buffer.alloc(4096), release() {} }, 0)
  for (let i = 0; i < records; i++) batch.append({ key: null, value: null, timestamp: 0 }, nobody, i)
  return batch
}

function sent(sequences: Sequences, ...batches: ProducerBatch[]) {
  for (const batch of batches) {
    assert.ok(sequences.mayDrain(batch, first))
    sequences.drained(batch, first)
    batch.isOnWire = true
  }
}

function landed(sequences: Sequences, batch: ProducerBatch) {
  batch.isOnWire = false
  sequences.landed(batch)
}

test('numbers follow each other, and only the first of those that go out again may', () => {
  const sequences = new Sequences()
  const [zero, a, b, c] = [batchOf(1), batchOf(2), batchOf(3), batchOf(1)]
  sent(sequences, zero)
  assert.equal(sequences.mayDrain(a, first), false, 'the broker may not know the producer yet')
  landed(sequences, zero)
  sequences.acked(zero)
  sent(sequences, a, b, c)
  assert.deepEqual(
    [a, b, c].map(({ baseSequence }) => baseSequence),
    [1, 3, 6],
  )
  for (const batch of [a, b, c]) landed(sequences, batch)
  assert.deepEqual(
    [a, b, c].map((batch) => sequences.mayDrain(batch, first)),
    [true, false, false],
  )
  sequences.acked(a)
  assert.ok(sequences.mayDrain(b, first))
  assert.deepEqual([sequences.placeOf(a), sequences.placeOf(b), sequences.placeOf(c)], [-1, 0, 1])
})

test('a refused batch leaves no gap where it was the last, and else numbering begins anew under another epoch', () => {
  const sequences = new Sequences()
  const [zero, a, b, c] = [batchOf(1), batchOf(2), batchOf(3), batchOf(1)]
  sent(sequences, zero)
  landed(sequences, zero)
  sequences.acked(zero)
  sent(sequences, a)
  landed(sequences, a)
  sequences.refused(a)
  assert.equal(sequences.needsRestart, false)
  sent(sequences, b, c)
  assert.equal(b.baseSequence, 1)
  landed(sequences, b)
  sequences.refused(b)
  assert.equal(sequences.needsRestart, false, 'one is on its way')
  landed(sequences, c)
  assert.equal(sequences.needsRestart, true)
  assert.equal(sequences.mayDrain(c, first), false)
  sequences.restart(second)
  assert.deepEqual([c.identity, c.baseSequence, sequences.needsRestart], [second, 0, false])
})

test('what was given up without an answer holds up new numbers until it is known to be there, or not', () => {
  const [zero, a, b, next] = [batchOf(1), batchOf(1), batchOf(1), batchOf(1)]
  const known = new Sequences()
  sent(known, zero)
  landed(known, zero)
  known.acked(zero)
  sent(known, a, b)
  landed(known, a)
  known.abandoned(a)
  assert.equal(known.mayDrain(next, first), false)
  landed(known, b)
  known.acked(b)
  assert.equal(known.resolved(), true, 'the one behind it could not be there otherwise')
  assert.equal(known.mayDrain(next, first), true)

  const lost = new Sequences()
  const only = batchOf(1)
  sent(lost, only)
  landed(lost, only)
  lost.abandoned(only)
  assert.equal(lost.resolved(), false)
})

test('what may be in the log keeps its numbers until an answer says that it is not', () => {
  const sequences = new Sequences()
  const [zero, a, b, c] = [batchOf(1), batchOf(2), batchOf(3), batchOf(1)]
  sent(sequences, zero)
  landed(sequences, zero)
  sequences.acked(zero)
  sent(sequences, a, b, c)
  for (const batch of [a, b, c]) landed(sequences, batch)
  a.isAmbiguous = true
  c.isAmbiguous = true
  sequences.refused(b)
  assert.deepEqual([sequences.needsRestart, sequences.mayDrain(a, first), sequences.mayDrain(c, first)], [false, true, false])
  sequences.drained(a, first)
  landed(sequences, a)
  a.isAmbiguous = false
  assert.deepEqual([sequences.needsRestart, sequences.mayDrain(a, first)], [true, false])
  sequences.restart(second)
  assert.deepEqual([a.baseSequence, c.baseSequence, c.isAmbiguous], [0, 2, false])
})

test('numbers are not given again where the batch that had them may be there', () => {
  const sequences = new Sequences()
  const [zero, a] = [batchOf(1), batchOf(2)]
  sent(sequences, zero)
  landed(sequences, zero)
  sequences.acked(zero)
  sent(sequences, a)
  landed(sequences, a)
  a.isAmbiguous = true
  sequences.refused(a)
  assert.equal(sequences.mayDrain(batchOf(1), first), false)
  assert.equal(sequences.resolved(), false)
})

test('the late answer to a batch takes nothing back of what is known of those behind it', () => {
  const sequences = new Sequences()
  const [zero, a, b] = [batchOf(1), batchOf(1), batchOf(1)]
  sent(sequences, zero)
  landed(sequences, zero)
  sequences.acked(zero)
  sent(sequences, a, b)
  sequences.abandoned(a)
  for (const batch of [b, a]) {
    landed(sequences, batch)
    sequences.acked(batch)
  }
  assert.equal(sequences.resolved(), true)
})

test('another producer begins with 0, once everything with the old numbers is settled', () => {
  const sequences = new Sequences()
  const [a, b] = [batchOf(4), batchOf(1)]
  sent(sequences, a)
  assert.equal(sequences.mayDrain(b, second), false)
  landed(sequences, a)
  sequences.acked(a)
  assert.equal(sequences.mayDrain(b, second), true)
  sequences.drained(b, second)
  assert.equal(b.baseSequence, 0)
})

test('sequences go on with 0 after the largest', () => {
  assert.equal(addSequence(2 ** 31 - 2, 3), 1)
})
