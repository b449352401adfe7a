import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Deferred, deferred } from '../base/deferred.ts'
import { type Flushable, Flusher } from './flusher.ts'

class PretendLog implements Flushable {
  wantsFlush = true
  readonly flushes: Deferred<void>[] = []

  flushWritten(): Promise<void> {
    const flush = deferred<void>()
    this.flushes.push(flush)
    return flush.promise
  }

  async finish(wantsMore = false): Promise<void> {
    this.wantsFlush = wantsMore
    this.flushes.at(-1)!.resolve()
    await new Promise(setImmediate)
  }
}

test('at most two flushes are under way, and those who wait come in their order', async () => {
  const flusher = new Flusher(() => 0)
  const logs = [new PretendLog(), new PretendLog(), new PretendLog(), new PretendLog()]
  const begun = () => logs.map(({ flushes }) => flushes.length)
  for (const log of logs) flusher.add(log)
  assert.deepEqual(begun(), [1, 1, 0, 0])
  await logs[1]!.finish()
  assert.deepEqual(begun(), [1, 1, 1, 0])
  await logs[0]!.finish()
  assert.deepEqual(begun(), [1, 1, 1, 1])
})

test('a log is never flushed twice at a time; what came after its flush began gets another one, behind the others', async () => {
  const flusher = new Flusher(() => 0)
  const [busy, other, third] = [new PretendLog(), new PretendLog(), new PretendLog()]
  for (const log of [busy, other, third, busy]) flusher.add(log)
  assert.deepEqual([busy.flushes.length, other.flushes.length, third.flushes.length], [1, 1, 0])
  await busy.finish(true)
  assert.deepEqual([busy.flushes.length, third.flushes.length], [1, 1])
  await other.finish()
  assert.equal(busy.flushes.length, 2)
})
