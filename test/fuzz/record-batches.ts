// What clients may send as records: honest batches in every codec, batches that are wrong in one place with a checksum that is right, and
// bombs: a little that becomes much.

import { type Compression, codecNumber, compress } from '../../src/protocol/compression/index.ts'
import { AT, HEADER_SIZE } from '../../src/protocol/records/batch.ts'
import { buildBatch, withHeaderRoom, writeChecksum } from '../../src/protocol/records/builder.ts'
import type { Chance } from '../wire/random-value.ts'
import { damaged, once, weighted } from './chances.ts'

const CODECS: readonly Compression[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd']
const PACKING = CODECS.slice(1)
const MIB = 1 << 20

export interface BatchCase {
  readonly bytes: Uint8Array
  /** In a few words. */
  readonly how: string
}

export function honestBatch(chance: Chance, compression = chance.oneOf(CODECS)): Buffer {
  const at = 1_700_000_000_000 + chance.below(1000)
  const records = Array.from({ length: 1 + chance.below(once(chance, 20) ? 200 : 6) }, () => ({
    key: once(chance, 4) ? null : chance.bytes(chance.below(12)),
    value: once(chance, 6) ? null : chance.bytes(chance.below(60)),
    timestamp: once(chance, 30) ? chance.oneOf([-1, 0, 2 ** 62, 2 ** 53]) : at + chance.below(50),
    headers: Array.from({ length: once(chance, 4) ? chance.below(4) : 0 }, () => ({ key: 'h', value: chance.bytes(3) })),
  }))
  const idempotent = once(chance, 5) ? { producerId: chance.below(5), producerEpoch: chance.below(2), baseSequence: 0 } : {}
  return buildBatch({ records, compression, ...idempotent })
}

/** A batch of the given kind of trouble, or an honest one. */
export function batchCase(chance: Chance, bombEvery = 25): BatchCase {
  if (once(chance, bombEvery)) return bombCase(chance)
  return weighted<(chance: Chance) => BatchCase>(chance, [
    [3, (c) => ({ how: 'an honest batch', bytes: honestBatch(c) })],
    [5, wrongHeader],
    [5, wrongPayload],
    [4, wrongCompression],
    [3, (c) => ({ how: 'damaged anywhere', bytes: damaged(honestBatch(c), c) })],
    [1, twoBatches],
    [1, (c) => ({ how: 'noise', bytes: c.bytes(c.below(200)) })],
    [1, oldMessage],
  ])(chance)
}

const FIELDS: readonly (readonly [at: number, size: number])[] = [
  [AT.baseOffset, 8],
  [AT.length, 4],
  [AT.partitionLeaderEpoch, 4],
  [AT.magic, 1],
  [AT.attributes, 2],
  [AT.lastOffsetDelta, 4],
  [AT.baseTimestamp, 8],
  [AT.maxTimestamp, 8],
  [AT.producerId, 8],
  [AT.producerEpoch, 2],
  [AT.baseSequence, 4],
  [AT.recordCount, 4],
]

function wrongHeader(chance: Chance): BatchCase {
  const bytes = honestBatch(chance)
  for (let times = 1 + chance.below(2); times > 0; times--) {
    const [at, size] = chance.oneOf(FIELDS)
    const extreme = chance.oneOf(['00', 'ff', '7fff', '80'])
    const filled = Buffer.alloc(size, extreme === '7fff' ? 0xff : Number.parseInt(extreme, 16))
    if (extreme === '7fff') filled[0] = 0x7f
    else if (extreme === '80') filled.fill(0, 1)
    if (once(chance, 2)) bytes.set(filled, at)
    else bytes[at + size - 1] = chance.below(256)
  }
  return { how: 'a field of the header', bytes: sealed(bytes, chance) }
}

function wrongPayload(chance: Chance): BatchCase {
  const codec = chance.oneOf(CODECS)
  const honest = honestBatch(chance, 'none')
  const payload = damaged(honest.subarray(HEADER_SIZE), chance)
  return { how: `damaged records, ${codec}`, bytes: packed(honest, compress(codec, payload), codec) }
}

function wrongCompression(chance: Chance): BatchCase {
  const codec = chance.oneOf(PACKING)
  const honest = honestBatch(chance, codec)
  return { how: `damaged ${codec}`, bytes: packed(honest, damaged(honest.subarray(HEADER_SIZE), chance), codec) }
}

function twoBatches(chance: Chance): BatchCase {
  const second = honestBatch(chance)
  const part = once(chance, 2) ? second : second.subarray(0, chance.below(second.length))
  return { how: 'another batch behind the first', bytes: Buffer.concat([honestBatch(chance), part]) }
}

function oldMessage(chance: Chance): BatchCase {
  const bytes = Buffer.concat([Buffer.alloc(17), chance.bytes(14 + chance.below(40))])
  bytes.writeInt32BE(bytes.length - 12, 8)
  bytes[16] = chance.below(4)
  return { how: 'a message of an old format', bytes }
}

// ---- bombs

function bombCase(chance: Chance): BatchCase {
  const codec = chance.oneOf(PACKING)
  const what = chance.oneOf(['zeros', 'records', 'lies'] as const)
  return { how: `a bomb of ${what}, ${codec}`, bytes: bomb(codec, what) }
}

const bombs = new Map<string, Uint8Array>()

/** Zeros: up to a GiB out of at most 1 MB. Records: a million tiny ones. Lies: a size that is not there. */
export function bomb(codec: Compression, what: 'zeros' | 'records' | 'lies'): Uint8Array {
  const name = `${codec} ${what}`
  let made = bombs.get(name)
  if (!made) bombs.set(name, (made = makeBomb(codec, what)))
  return Buffer.from(made)
}

const LIES: Readonly<Record<Compression, string>> = {
  none: '00',
  // An empty member that claims 2 GiB at its end.
  gzip: '1f8b08000000000000ff0300000000000000008000',
  snappy: 'ffffffff070061',
  // A frame with blocks of 4 MiB, a content size of 2^62, and one block that is cut off.
  lz4: '04224d186c704000000000000000d50000400000',
  // A window of almost 4 GiB, and a content size of 2^62.
  zstd: '28b52ffdc0f80000000000000040010000',
}

function makeBomb(codec: Compression, what: 'zeros' | 'records' | 'lies'): Uint8Array {
  if (what === 'lies') return packed(tiny(), Buffer.from(LIES[codec], 'hex'), codec)
  if (what === 'records') {
    // One record without key and value, again and again; the count in the header is true.
    const count = MIB
    const bytes = packed(tiny(), compress(codec, Buffer.alloc(7 * count, Buffer.from('0c000000010100', 'hex'))), codec)
    bytes.writeInt32BE(count, AT.recordCount)
    bytes.writeInt32BE(count - 1, AT.lastOffsetDelta)
    writeChecksum(bytes)
    return bytes
  }
  const part = compress(codec, Buffer.alloc(16 * MIB))
  const times = Math.max(1, Math.min(64, Math.floor((MIB - 1000) / part.length)))
  return packed(tiny(), Buffer.concat(Array<Uint8Array>(times).fill(part)), codec)
}

function tiny(): Buffer {
  return buildBatch({ records: [{ key: null, value: Buffer.from('x'), timestamp: 1_700_000_000_000, headers: [] }] })
}

/** `honest`'s header around another payload, with length and checksum made right. */
function packed(honest: Uint8Array, payload: Uint8Array, codec: Compression): Buffer {
  const bytes = withHeaderRoom(payload)
  bytes.set(honest.subarray(0, HEADER_SIZE))
  bytes.writeInt32BE(bytes.length - AT.length - 4, AT.length)
  bytes.writeInt16BE((bytes.readInt16BE(AT.attributes) & ~7) | codecNumber(codec), AT.attributes)
  writeChecksum(bytes)
  return bytes
}

/** Mostly with a checksum that is right: what is behind it wants to be tried, too. */
function sealed(bytes: Buffer, chance: Chance): Buffer {
  if (!once(chance, 8)) writeChecksum(bytes)
  return bytes
}
