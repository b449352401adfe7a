import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../../test/support/manual-clock.ts'
import { Accumulator } from './accumulator.ts'
import { BatchMemory } from './memory.ts'

const nobody = { delivered() {}, failed() {} }

test('lanes are ready when they have lingered, have a full batch, or go out again; no other is looked at', () => {
  const clock = new ManualClock()
  const memory = new BatchMemory(100_000)
  const accumulator = new Accumulator({ clock, memory, batchSize: 200 })
  const put = (partition: number, size: number) => {
    const lane = accumulator.lane('t', partition)
    const record = { key: null, value: new Uint8Array(size), timestamp: 0, headers: [] }
    if (!accumulator.append(lane, record, nobody, 0)) {
      accumulator.appendNew(lane, memory.tryTake(accumulator.roomFor(record))!, record, nobody, 0)
    }
    return lane
  }
  const ready = () => [...accumulator.ready].map(({ partition }) => partition)
  const since = clock.monotonic()
  put(0, 10)
  clock.work(3)
  put(1, 10)
  put(2, 10)
  assert.deepEqual([ready(), accumulator.lingeringSince], [[], since])
  put(1, 150)
  assert.deepEqual(ready(), [1])
  put(3, 500)
  assert.deepEqual(ready(), [1, 3])
  clock.work(2)
  accumulator.endLinger(5, clock.monotonic())
  assert.deepEqual([ready(), accumulator.lingeringSince], [[1, 3, 0], since + 3])
  const lane = accumulator.lane('t', 0)
  const [batch] = lane.queue
  accumulator.remove(lane, batch!)
  assert.deepEqual(ready(), [1, 3])
  lane.requeue(batch!)
  accumulator.makeReady(lane)
  accumulator.makeReady(accumulator.lane('t', 1))
  accumulator.endLinger(0, clock.monotonic())
  assert.deepEqual([ready(), accumulator.lingeringSince], [[3, 0, 1, 2], null])
  assert.deepEqual(
    accumulator.waiting.map(({ partition }) => partition),
    [3, 0, 1, 2],
  )
})
