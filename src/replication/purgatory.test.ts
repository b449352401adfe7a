import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KafkaError } from '../protocol/errors.ts'
import { OffsetLine, Watchers } from './purgatory.ts'

test('who waits for an offset goes when the watermark passes it, in order, and who need not wait gets no promise', async () => {
  const { line } = newLine(5)
  assert.equal(line.until(5, 1000), undefined)
  const order: number[] = []
  const waiting = [6, 8, 9].map((offset) => line.until(offset, 1000)?.then(() => order.push(offset)))
  line.reach(8)
  await Promise.all(waiting.slice(0, 2))
  assert.deepEqual(order, [6, 8])
  line.reach(9)
  await waiting[2]
  assert.deepEqual(order, [6, 8, 9])
})

test('a wait that is too long is refused with REQUEST_TIMED_OUT, and the others go on', async () => {
  const { line, advance } = newLine(0)
  const short = line.until(1, 10)
  const long = line.until(2, 1000)
  advance(10)
  await assert.rejects(short!, { error: 'REQUEST_TIMED_OUT' })
  line.reach(2)
  await long
})

test('a long wait before it does not keep a short one from its timeout', async () => {
  const { line, advance } = newLine(0)
  const long = line.until(1, 2_000_000_000)
  line.reach(1)
  await long
  const short = line.until(2, 50)
  advance(50)
  await assert.rejects(short!, { error: 'REQUEST_TIMED_OUT' })
})

test('a repeated batch that waits for an old offset does not wait behind newer ones', async () => {
  const { line } = newLine(0)
  const newer = line.until(100, 1000)
  const repeated = line.until(50, 1000)
  line.reach(60)
  await repeated
  line.reach(100)
  await newer
})

test('who waits without a timeout is never swept away', async () => {
  const { line, advance } = newLine(0)
  const patient = line.until(1, Number.POSITIVE_INFINITY)
  advance(1e9)
  line.reach(1)
  await patient
})

test('everyone is refused with the reason when the line ends', async () => {
  const { line } = newLine(0)
  const waiting = [line.until(1, 1000), line.until(2, 1000)]
  line.fail(new KafkaError('NOT_LEADER_OR_FOLLOWER'))
  for (const one of waiting) await assert.rejects(one!, { error: 'NOT_LEADER_OR_FOLLOWER' })
})

test('a watcher is told until it stops watching', () => {
  const watchers = new Watchers()
  let told = 0
  const stop = watchers.add(() => told++)
  watchers.tell()
  stop()
  watchers.tell()
  assert.equal(told, 1)
})

function newLine(reached: number) {
  let now = 0
  const timers = new Set<{ at: number; run: () => void }>()
  const clock = {
    now: () => now,
    monotonic: () => now,
    after(ms: number, run: () => void) {
      const timer = { at: now + ms, run }
      timers.add(timer)
      return { cancel: () => void timers.delete(timer) }
    },
    soon: (run: () => void) => queueMicrotask(run),
  }
  const advance = (ms: number) => {
    now += ms
    for (const timer of [...timers]) {
      if (timer.at > now) continue
      timers.delete(timer)
      timer.run()
    }
  }
  return { line: new OffsetLine(clock, reached), advance }
}
