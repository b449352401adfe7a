import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../test/support/manual-clock.ts'
import { AnswerMemory, type Loan } from './answer-memory.ts'

const MB = 1 << 20

function rig(limit = 256 * MB) {
  const clock = new ManualClock()
  const memory = new AnswerMemory(limit, clock)
  const gone: string[] = []
  /** An answer that its client does not read: as a connection does, it gives back what it held when it is closed. */
  const deaf = (wanted: number): Loan => {
    const loan = memory.open((why) => {
      gone.push(why)
      loan.close()
    })
    loan.take(wanted)
    loan.leaves()
    return loan
  }
  return { clock, memory, gone, deaf }
}

test('the first get all they want; when half is in use each gets a fair share, so that there is something for many', () => {
  const { memory, deaf } = rig()
  const sizes = Array.from({ length: 20 }, () => deaf(55 * MB).bytes / MB)
  assert.deepEqual(sizes.slice(0, 5), [55, 55, 55, 1, 1])
  assert.ok(memory.usedBytes <= 256 * MB)
  const small = memory.open(() => {})
  assert.equal(small.take(1000), 1000)
})

test('what was not needed and what was sent is there for others', () => {
  const { memory } = rig(10 * MB)
  const loan = memory.open(() => {})
  assert.equal(loan.take(9 * MB), 9 * MB)
  loan.settle(9 * MB, 2 * MB)
  assert.equal(memory.usedBytes, 2 * MB)
  const other = memory.open(() => {})
  assert.equal(other.take(9 * MB), 8 * MB)
  loan.close()
  other.close()
  other.close()
  assert.equal(memory.usedBytes, 0)
})

test('those who wait get theirs in the order they came, and nobody passes them', async () => {
  const { memory, deaf } = rig(4 * MB)
  const first = deaf(4 * MB)
  const [a, b, late] = [memory.open(() => {}), memory.open(() => {}), memory.open(() => {})]
  const got: string[] = []
  const waitA = a.takeInTurn(3 * MB).then((bytes) => got.push(`a ${bytes / MB}`))
  const waitB = b.takeInTurn(MB).then((bytes) => got.push(`b ${bytes / MB}`))
  assert.equal(late.take(1), 0)
  first.settle(4 * MB, 3.5 * MB)
  await waitA
  assert.deepEqual(got, ['a 0.5'])
  assert.equal(late.take(1), 0)
  first.close()
  await waitB
  assert.deepEqual(got, ['a 0.5', 'b 1'])
  assert.equal(late.take(1), 1)
})

test('clients that read nothing lose their connection when others wait, and only then', async () => {
  const { clock, memory, gone, deaf } = rig(10 * MB)
  deaf(5 * MB)
  for (let i = 0; i < 5; i++) deaf(MB)
  await clock.advance(100_000)
  assert.equal(gone.length, 0)
  const loan = memory.open(() => {})
  const waiting = loan.takeInTurn(MB)
  await clock.advance(2000)
  assert.equal(await waiting, MB)
  assert.ok(gone.length > 0)
  assert.match(gone[0]!, /did not read its answer of \d+ bytes/)
})

test('an answer that leaves at an honest pace is left alone; who waits too long is told that there is nothing', async () => {
  const { clock, memory, gone, deaf } = rig(20 * MB)
  deaf(20 * MB)
  const loan = memory.open(() => {})
  const waiting = loan.takeInTurn(MB)
  await clock.advance(11_000)
  assert.equal(await waiting, 0)
  assert.deepEqual([gone.length, loan.bytes], [0, 0])
})
