import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from '../../test/support/fast-check.ts'
import type { PooledBytes } from '../base/buffer-pool.ts'
import { FrameReader, framed } from './frame.ts'
import { FrameMemory } from './frame-memory.ts'

const MAX = 200_000

function rig(admit: (size: number) => boolean = () => true, extend: (more: number) => boolean = () => true) {
  const frames: PooledBytes[] = []
  const refusals: string[] = []
  const asked: number[] = []
  const allowed = { bytes: 0 }
  const allow = (isAllowed: boolean, bytes: number) => {
    if (isAllowed) allowed.bytes += bytes
    return isAllowed
  }
  const reader = new FrameReader({
    sink: {
      admit: (size, part) => {
        asked.push(size)
        return allow(admit(size), part)
      },
      extend: (more) => allow(extend(more), more),
      frame: (frame) => frames.push(frame),
      refuse: (why) => refusals.push(why),
    },
    memory: new FrameMemory(),
    landing: new Uint8Array(64 * 1024),
    maxFrameBytes: () => MAX,
  })
  /** As a network would: never more than the given buffer holds. */
  const feed = (bytes: Uint8Array, atOnce = Infinity) => {
    let largest = 0
    for (let at = 0; at < bytes.length; ) {
      const buffer = reader.buffer()
      const length = Math.min(buffer.length, bytes.length - at, atOnce)
      buffer.set(bytes.subarray(at, at + length))
      reader.received(length)
      at += length
      largest = Math.max(largest, buffer.length)
    }
    return largest
  }
  const texts = () => frames.map(({ bytes }) => Buffer.from(bytes).toString('latin1'))
  return { reader, frames, refusals, asked, allowed, feed, texts }
}

const stream = (...bodies: Uint8Array[]) => Buffer.concat(bodies.flatMap((body) => framed([body])))

test('frames come out as they went in, however the stream is cut', () => {
  const size = fc.oneof(
    fc.integer({ min: 1, max: 40 }),
    fc.integer({ min: 1, max: 20_000 }),
    fc.integer({ min: 30_000, max: MAX }),
  )
  const cuts = fc.oneof(fc.constant(Infinity), fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1000, max: 100_000 }))
  fc.assert(
    fc.property(fc.array(size, { minLength: 1, maxLength: 8 }), cuts, (sizes, atOnce) => {
      const { feed, texts } = rig()
      const bodies = sizes.map((size, i) => Buffer.alloc(size, 97 + i))
      feed(stream(...bodies), atOnce)
      assert.deepEqual(
        texts(),
        bodies.map((body) => body.toString('latin1')),
      )
    }),
    { numRuns: 60 },
  )
})

test('a large frame is read straight into its place, small ones share the landing', () => {
  const { reader, feed, frames } = rig()
  assert.equal(feed(stream(Buffer.alloc(100))), 64 * 1024)
  feed(stream(Buffer.alloc(MAX)).subarray(0, 150_000))
  const { buffer } = reader.buffer()
  feed(Buffer.alloc(MAX + 4 - 150_000))
  assert.equal(frames[1]!.bytes.buffer, buffer)
  assert.equal(frames.length, 2)
})

test('frames stay valid while later ones come; released memory is used again', () => {
  const { feed, frames, texts } = rig()
  for (let i = 0; i < 40; i++) feed(stream(Buffer.alloc(10_000, 97 + (i % 26))))
  assert.deepEqual(
    texts(),
    Array.from({ length: 40 }, (_, i) => String.fromCharCode(97 + (i % 26)).repeat(10_000)),
  )
  const buffers = new Set(frames.map(({ bytes }) => bytes.buffer))
  assert.ok(buffers.size <= 5, 'small frames share buffers')
  for (const frame of frames) frame.release()
  for (const frame of frames) frame.release()
  feed(stream(Buffer.alloc(120_000), Buffer.alloc(120_000)))
  assert.ok(buffers.has(frames.at(-2)!.bytes.buffer), 'a released slab serves the next large frame')
  assert.notEqual(frames.at(-2)!.bytes.buffer, frames.at(-1)!.bytes.buffer)
})

test('lengths below one and above the limit are refused before anything is asked or kept', () => {
  for (const length of [0, -1, -(2 ** 31), MAX + 1, 2 ** 31 - 1]) {
    const { feed, refusals, asked, frames } = rig()
    const bytes = Buffer.alloc(4000)
    bytes.writeInt32BE(length)
    feed(bytes)
    feed(bytes)
    assert.deepEqual([refusals.length, asked.length, frames.length], [1, 0, 0])
    assert.match(refusals[0]!, new RegExp(`announced ${length} bytes; 1 to ${MAX}`))
  }
})

test('other protocols are named', () => {
  const http = rig()
  http.feed(Buffer.from('GET / HTTP/1.1\r\n\r\n'))
  assert.match(http.refusals[0]!, /HTTP/)
  const tls = rig()
  tls.feed(Buffer.from('16030102000100', 'hex'))
  assert.match(tls.refusals[0]!, /TLS/)
})

test('what arrived behind a frame that was not admitted waits for it', () => {
  let room = 1
  const { reader, feed, texts } = rig(() => room-- > 0)
  feed(stream(Buffer.from('one'), Buffer.from('two')).subarray(0, 9))
  feed(stream(Buffer.from('two'), Buffer.from('three')).subarray(2))
  assert.deepEqual([texts(), reader.isBlocked], [['one'], true])
  room = 0
  reader.resume()
  assert.deepEqual([texts(), reader.isBlocked], [['one'], true])
  room = 1
  reader.resume()
  assert.deepEqual([texts(), reader.isBlocked], [['one', 'two'], true])
  room = 9
  reader.resume()
  feed(stream(Buffer.from('four')))
  assert.deepEqual([texts(), reader.isBlocked], [['one', 'two', 'three', 'four'], false])
})

test('what a frame may take follows what came of it, and ends at its size', () => {
  const { feed, allowed, frames } = rig()
  const bytes = stream(Buffer.alloc(MAX, 'x'))
  let fed = 0
  for (const upTo of [4, 5, 1000, 1100, 40_000, 70_000, 150_000, MAX + 3]) {
    feed(bytes.subarray(fed, upTo))
    fed = upTo
    const came = upTo - 4
    assert.ok(allowed.bytes >= came && allowed.bytes <= Math.max(1024, 2 * came), `${allowed.bytes} allowed of ${came} that came`)
  }
  feed(bytes.subarray(fed))
  assert.deepEqual([allowed.bytes, frames[0]!.bytes.length, frames[0]!.bytes.every((byte) => byte === 0x78)], [MAX, MAX, true])
})

test('a frame that may not grow waits in the middle and loses nothing', () => {
  let room = 2
  const { reader, feed, texts } = rig(
    () => true,
    () => room-- > 0,
  )
  const body = Buffer.from(Array.from({ length: MAX }, (_, i) => 32 + (i % 90)))
  const bytes = stream(body, Buffer.from('next'))
  for (let at = 0; at < bytes.length; at += 30_000) feed(bytes.subarray(at, at + 30_000))
  assert.deepEqual([texts(), reader.isBlocked, reader.isUnderWay], [[], true, true])
  for (let tries = 0; reader.isBlocked && tries < 20; tries++) {
    room = tries % 3 === 0 ? 0 : 1
    reader.resume()
  }
  assert.deepEqual(texts(), [body.toString('latin1'), 'next'])
})

test('after stop nothing comes out', () => {
  const { reader, feed, texts } = rig()
  feed(stream(Buffer.alloc(100_000)).subarray(0, 70_000))
  reader.stop()
  feed(stream(Buffer.alloc(100_000)))
  assert.deepEqual(texts(), [])
})

test('frames that stop half way have a bounded amount of memory ahead of their bytes, and give it back', () => {
  const taken: number[] = []
  const memory = new (class extends FrameMemory {
    override take(size: number) {
      taken.push(size)
      return super.take(size)
    }
  })()
  const MIB = 1024 * 1024
  const landing = new Uint8Array(64 * 1024)
  const sink = { admit: () => true, extend: () => true, frame: () => {}, refuse: () => {} }
  const begin = () => {
    const reader = new FrameReader({ sink, memory, landing, maxFrameBytes: () => 2 * MIB })
    landing.set(framed([new Uint8Array(MIB)])[0]!)
    reader.buffer()
    reader.received(20_000)
    return reader
  }
  const readers = Array.from({ length: 200 }, begin)
  const whole = taken.filter((bytes) => bytes === MIB).length
  assert.equal(whole, 65, 'of those that had 64 MiB ahead, less what came of each')
  for (const reader of readers) reader.stop()
  begin()
  assert.equal(taken.at(-1), MIB, 'given back')
})
