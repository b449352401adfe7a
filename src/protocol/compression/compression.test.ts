import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import fc from '../../../test/support/fast-check.ts'
import { MalformedBytes } from '../../base/bytes.ts'
import { nodeOffload } from '../../platform/node/offload.ts'
import { inlineOffload } from '../../platform/offload.ts'
import {
  type Aside,
  type Compression,
  compress,
  compressLater,
  decompress,
  decompressLater,
  OutputTooLarge,
  ready,
} from './index.ts'
import { lz4, unlz4 } from './lz4.ts'
import { lz4Blocks, portableBlocks } from './lz4-block.ts'
import { snappy, unsnappy, unsnappyLater } from './snappy.ts'
import { portableSnappy, snappyBlocks } from './snappy-block.ts'
import { XxHash32, xxhash32 } from './xxhash32.ts'
import { loadWasm, unzstd, unzstdLater, zstd, zstdLater } from './zstd.ts'

before(ready)

const codecs: readonly Compression[] = ['gzip', 'snappy', 'lz4', 'zstd']
const LARGE = 1 << 28

/** Bytes that compress: short runs and repeats of what was there before. */
const compressible = fc
  .array(fc.tuple(fc.uint8Array({ maxLength: 40 }), fc.integer({ min: 1, max: 400 })), { maxLength: 20 })
  .map((runs) => Buffer.concat(runs.flatMap(([bytes, times]) => Array<Uint8Array>(times).fill(bytes))))

test('what was compressed comes out unchanged, in every codec', () => {
  for (const codec of codecs)
    fc.assert(
      fc.property(compressible, (bytes) => {
        assert.deepEqual(Buffer.from(decompress(codec, compress(codec, bytes), Math.max(bytes.length, 1))), bytes)
      }),
      { numRuns: 60 },
    )
})

test('the ways with pauses and threads give the same, with the same bounds and the same errors', async (t) => {
  const bytes = Buffer.alloc(9_000_000, 'the same again and again, ')
  const threads = nodeOffload()
  t.after(() => threads.rest())
  for (const offload of [threads, inlineOffload])
    for (const codec of codecs) {
      let pauses = 0
      const aside = { pause: async () => void pauses++, run: offload.run }
      const packed = await compressLater(codec, bytes, undefined, aside)
      assert.ok(Buffer.from(decompress(codec, packed, LARGE)).equals(bytes), codec)
      assert.ok(Buffer.from(await decompressLater(codec, packed, bytes.length, aside)).equals(bytes), codec)
      if (codec === 'snappy' || codec === 'lz4') assert.ok(pauses >= 8, `${codec} paused ${pauses} times`)
      await assert.rejects(decompressLater(codec, packed, bytes.length - 1, aside), OutputTooLarge, codec)
      const half = packed.subarray(0, packed.length >> 1)
      await assert.rejects(decompressLater(codec, half, LARGE, aside), MalformedBytes, codec)
      await assert.rejects(decompressLater(codec, packed.subarray(0, 0), LARGE, aside), MalformedBytes, codec)
    }
})

test('a raw snappy block of many megabytes does not hold up the event loop, whichever library opens it', async () => {
  const bytes = Buffer.alloc(9_000_000, 'the same again and again, ')
  const block = portableSnappy.compress(bytes)
  for (const blocks of [snappyBlocks(), portableSnappy]) {
    let aways = 0
    const aside: Aside = {
      pause: async () => void aways++,
      run: (work) => {
        aways++
        return nodeOffload().run(work)
      },
    }
    assert.ok(Buffer.from(await unsnappyLater(block, bytes.length, aside, blocks)).equals(bytes))
    assert.ok(aways >= (blocks === portableSnappy ? 16 : 1), `${aways} times`)
    await assert.rejects(unsnappyLater(block, bytes.length - 1, aside, blocks), OutputTooLarge)
    await assert.rejects(unsnappyLater(block.subarray(0, -5), LARGE, aside, blocks), MalformedBytes)
  }
})

test('the WebAssembly build works in a thread as it does here', async (t) => {
  const offload = nodeOffload()
  t.after(() => offload.rest())
  const aside: Aside = { pause: async () => {}, run: offload.run }
  const wasm = await loadWasm()
  const bytes = Buffer.alloc(3_000_000, 'the same again and again, ')
  const packed = await zstdLater(bytes, 3, aside, wasm)
  assert.deepEqual(packed, wasm.compress(bytes, 3))
  assert.ok(Buffer.from(await unzstdLater(packed, bytes.length, aside, wasm)).equals(bytes))
  const damaged = Buffer.from(packed)
  damaged.fill(0xff, damaged.length >> 1)
  await assert.rejects(unzstdLater(damaged, bytes.length, aside, wasm), MalformedBytes)
})

test('a checksum over pieces is that of the whole', () => {
  const pieces = fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 10 })
  fc.assert(
    fc.property(pieces, (parts) => {
      const hash = new XxHash32()
      for (const part of parts) hash.add(part)
      assert.equal(hash.digest(), xxhash32(Buffer.concat(parts)))
    }),
  )
})

test('native and portable libraries read each other', async () => {
  const wasm = await loadWasm()
  fc.assert(
    fc.property(compressible, (bytes) => {
      const same = (out: Uint8Array) => assert.deepEqual(Buffer.from(out), bytes)
      for (const by of [lz4Blocks(), portableBlocks])
        for (const reader of [lz4Blocks(), portableBlocks]) same(unlz4(lz4(bytes, by), LARGE, reader))
      same(unsnappy(snappy(bytes), LARGE, portableSnappy))
      same(unsnappy(snappy(bytes, portableSnappy), LARGE))
      if (bytes.length > 0) same(unsnappy(portableSnappy.compress(bytes), LARGE))
      same(unzstd(zstd(bytes, 3, wasm), LARGE))
      same(unzstd(zstd(bytes), LARGE, wasm))
    }),
    { numRuns: 60 },
  )
})

test('bytes that are larger than the bound allows are refused, exactly from the bound on', () => {
  const bytes = Buffer.alloc(300_000, 'abcdefg')
  for (const codec of codecs) {
    const packed = compress(codec, bytes)
    assert.equal(decompress(codec, packed, bytes.length).length, bytes.length)
    assert.throws(() => decompress(codec, packed, bytes.length - 1), OutputTooLarge, codec)
  }
})

test('a bomb of 256 MB is refused before it takes the memory', () => {
  const bound = 16 << 20
  for (const codec of codecs) {
    const bomb = bombOf(codec)
    const before = process.memoryUsage()
    assert.throws(() => decompress(codec, bomb, bound), OutputTooLarge, codec)
    const after = process.memoryUsage()
    assert.ok(after.external - before.external < 6 * bound, `${codec} kept ${after.external - before.external} bytes`)
  }
})

test('a size that the bytes cannot hold is not allocated', () => {
  const lyingSnappy = Buffer.from([0x80, 0x80, 0x80, 0x40, 0x00, 0x61]) // says 128 MB
  assert.throws(() => unsnappy(lyingSnappy, LARGE), /cannot hold 134217728/)
  const lyingZstd = Buffer.from('28b52ffda0000000080100' + '00', 'hex') // says 128 MB, holds one empty block
  assert.throws(() => unzstd(lyingZstd, LARGE), /cannot hold 134217728/)
})

test('bytes that are not the codec’s are malformed, nothing else', () => {
  const readers = [...codecs.map((codec) => (bytes: Uint8Array) => decompress(codec, bytes, 1 << 20))]
  readers.push(
    (bytes) => unlz4(bytes, 1 << 20, portableBlocks),
    (bytes) => unsnappy(bytes, 1 << 20, portableSnappy),
  )
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(5), fc.nat(200), fc.nat(255), (noise, which, at, byte) => {
      const damaged = Buffer.from(compress(codecs[which % 4]!, Buffer.from('hello hello hello hello'.repeat(9))))
      damaged[at % damaged.length] = byte
      for (const bytes of [noise, damaged, damaged.subarray(0, at % damaged.length)])
        for (const read of readers)
          try {
            read(bytes)
          } catch (thrown) {
            assert.ok(thrown instanceof MalformedBytes, String(thrown))
          }
    }),
    { numRuns: 400 },
  )
})

test('framed snappy, a raw block and framed streams in a row are read', () => {
  const block = '0b28' + Buffer.from('hello world').toString('hex')
  const framed = '82534e41505059000000000100000001' + '0000000d' + block
  const read = (hex: string) => Buffer.from(unsnappy(Buffer.from(hex, 'hex'), 100)).toString()
  assert.equal(read(block), 'hello world')
  assert.equal(read(framed), 'hello world')
  assert.equal(read(framed + framed), 'hello worldhello world')
})

test('lz4 frames with checksums, sizes and larger blocks are read; dependent blocks are refused as Kafka does', () => {
  const frame = (flags: number, { size = '', wrong = 0 } = {}) => {
    const header = Buffer.concat([Buffer.from([flags, 0x70]), Buffer.from(size, 'hex')])
    const content = Buffer.from('hello')
    const block = [le32(content.length | 0x8000_0000), content, ...(flags & 0x10 ? [le32(xxhash32(content) ^ wrong)] : [])]
    const check = Buffer.from([(xxhash32(header) >>> 8) & 0xff])
    return Buffer.concat([
      le32(0x184d2204),
      header,
      check,
      ...block,
      le32(0),
      ...(flags & 4 ? [le32(xxhash32(content) ^ wrong)] : []),
    ])
  }
  const read = (bytes: Uint8Array) => Buffer.from(unlz4(bytes, 100)).toString()
  assert.equal(read(frame(0x60)), 'hello')
  assert.equal(read(frame(0x7c, { size: '0500000000000000' })), 'hello')
  assert.throws(() => read(frame(0x70, { wrong: 1 })), /checksum of a block/)
  assert.throws(() => read(frame(0x64, { wrong: 1 })), /checksum of the content/)
  assert.throws(() => read(frame(0x40)), /depend on each other/)
  assert.equal(xxhash32(Buffer.from('')), 0x02cc5d05)
  assert.equal(xxhash32(Buffer.from('Nobody inspects the spammish repetition')), 0xe2293b2f)
})

test('gzip members in a row are one content, and levels are honoured', () => {
  const two = Buffer.concat([gzipSync('one '), gzipSync('two')])
  assert.equal(Buffer.from(decompress('gzip', two, 100)).toString(), 'one two')
  const text = Buffer.from(Array.from({ length: 5000 }, (_, i) => `line ${i * 7919} `).join(''))
  assert.ok(compress('gzip', text, 9).length < compress('gzip', text, 1).length)
  assert.ok(compress('zstd', text, 19).length < compress('zstd', text, 1).length)
})

function bombOf(codec: Compression): Uint8Array {
  const size = 256 << 20
  if (codec === 'gzip') return gzipSync(Buffer.alloc(size))
  if (codec === 'zstd') return Buffer.concat(Array<Buffer>(8).fill(Buffer.from(zstd(Buffer.alloc(size / 8)))))
  const one = Buffer.from(compress(codec, Buffer.alloc(1 << 20)))
  if (codec === 'snappy') return Buffer.concat([one.subarray(0, 16), ...Array<Buffer>(256).fill(one.subarray(16))])
  return Buffer.concat([one.subarray(0, 7), ...Array<Buffer>(256).fill(one.subarray(7, -4)), Buffer.alloc(4)])
}

function le32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value >>> 0)
  return bytes
}
