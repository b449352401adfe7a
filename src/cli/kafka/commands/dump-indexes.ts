// The entries of a segment's indexes, and whether they say of its batches what is so.

import { Failure } from '../failure.ts'
import { type Dumping, offsetOf } from './dump-log.ts'
import { SegmentBytes } from './segment-bytes.ts'

const OFFSET_ENTRY = 8
const TIME_ENTRY = 12

interface Index {
  readonly path: string
  readonly baseOffset: number
  readonly bytes: Buffer
  readonly count: number
}

export async function dumpOffsetIndex(path: string, dumping: Dumping): Promise<void> {
  const { found, writer, findings, terminal } = dumping
  const segment = await SegmentBytes.open(terminal.disk, beside(path, '.log'))
  try {
    const index = await readIndex(path, OFFSET_ENTRY, dumping)
    if (index.count === 0) return writer.line(`${path} is empty.`)
    if (found.has('index-sanity-check')) return checkSize(index, OFFSET_ENTRY, 'Index file', dumping)
    for (let at = 0; at < index.count; at++) {
      const { offset, position } = offsetEntry(index, at)
      // Files are made larger than they are filled; after a crash the rest of them is zeros.
      if (offset === index.baseOffset && at > 0) return
      const last = await lastOffsetAt(segment, position, found.number('max-message-size')!)
      if (last !== offset) findings.mismatch(path, offset, last)
      if (!found.has('verify-index-only')) writer.line(`offset: ${offset} position: ${position}`)
      await writer.settle()
    }
  } finally {
    await segment.close()
  }
}

export async function dumpTimeIndex(path: string, dumping: Dumping): Promise<void> {
  const { found, writer, findings, terminal } = dumping
  const segment = await SegmentBytes.open(terminal.disk, beside(path, '.log'))
  try {
    const offsets = await readIndex(beside(path, '.index'), OFFSET_ENTRY, dumping)
    const index = await readIndex(path, TIME_ENTRY, dumping)
    if (found.has('index-sanity-check')) return checkSize(index, TIME_ENTRY, 'Time index file', dumping)
    let before = -1
    for (let at = 0; at < index.count; at++) {
      const timestamp = Number(index.bytes.readBigInt64BE(at * TIME_ENTRY))
      const offset = index.baseOffset + index.bytes.readInt32BE(at * TIME_ENTRY + 8)
      if (offset === index.baseOffset && at > 0) return
      const told = await batchWith(segment, positionOf(offsets, offset), offset)
      if (told.lastOffset !== offset) findings.notFound(path, offset, told.lastOffset)
      else {
        if (told.maxTimestamp !== timestamp) findings.timestampMismatch(path, timestamp, told.maxTimestamp)
        if (before >= timestamp) findings.outOfOrder(path, timestamp, before)
      }
      if (!found.has('verify-index-only')) writer.line(`timestamp: ${timestamp} offset: ${offset}`)
      await writer.settle()
      before = timestamp
    }
  } finally {
    await segment.close()
  }
}

/** The file of the same segment with another ending. */
function beside(path: string, suffix: string): string {
  const at = path.lastIndexOf('/') + 1
  return `${path.slice(0, at)}${path.slice(at).split('.')[0]}${suffix}`
}

async function readIndex(path: string, entrySize: number, { terminal }: Dumping): Promise<Index> {
  const bytes = await terminal.disk.readAtomic(path)
  // Kafka's command would make it, and then find that it was not told how large.
  if (bytes === null) throw new Failure('Invalid max index size: -1')
  return {
    path,
    baseOffset: offsetOf(path.slice(path.lastIndexOf('/') + 1)),
    bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    count: Math.floor(bytes.length / entrySize),
  }
}

function checkSize({ path, bytes }: Index, entrySize: number, title: string, { writer }: Dumping): void {
  if (bytes.length % entrySize !== 0) {
    throw new Failure(
      `${title} ${path} is corrupt, found ${bytes.length} bytes which is neither positive nor a multiple of ${entrySize}`,
    )
  }
  writer.line(`${path} passed sanity check.`)
}

function offsetEntry({ bytes, baseOffset }: Index, at: number): { offset: number; position: number } {
  return {
    offset: baseOffset + bytes.readInt32BE(at * OFFSET_ENTRY),
    position: bytes.readInt32BE(at * OFFSET_ENTRY + 4),
  }
}

/** Where the last entry at or before the offset points to; 0 where there is none. */
function positionOf(index: Index, offset: number): number {
  let from = 0
  let to = index.count
  while (from < to) {
    const middle = (from + to) >>> 1
    if (offsetEntry(index, middle).offset <= offset) from = middle + 1
    else to = middle
  }
  return from === 0 ? 0 : offsetEntry(index, from - 1).position
}

async function lastOffsetAt(segment: SegmentBytes, position: number, maxSize: number): Promise<number> {
  if (position > segment.size) {
    throw new Failure(`Slice from position ${position} exceeds end position of ${segment.path}: ${segment.size}`)
  }
  for await (const { batch } of segment.batches(position, position + maxSize)) return batch.lastOffset
  throw new Failure(`no whole batch of at most ${maxSize} bytes at position ${position} of ${segment.path}`)
}

/** The first batch from there on that ends with this offset or a later one; lastOffset is -1 where there is none. */
async function batchWith(segment: SegmentBytes, position: number, offset: number) {
  for await (const { batch } of segment.batches(position)) {
    if (batch.lastOffset < offset) continue
    let maxTimestamp = -1
    for (const { timestamp } of batch.records()) maxTimestamp = Math.max(maxTimestamp, timestamp)
    return { lastOffset: batch.lastOffset, maxTimestamp }
  }
  return { lastOffset: -1, maxTimestamp: -1 }
}
