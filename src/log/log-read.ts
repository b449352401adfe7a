// Reading whole batches from an offset on: where they lie, how many fit, and the bytes.

import { MalformedBytes } from '../base/bytes.ts'
import { DiskError } from '../platform/disk.ts'
import { KafkaError } from '../protocol/errors.ts'
import type { Damage } from './damage.ts'
import { findOffset } from './offset-search.ts'
import { ClosedFile } from './open-files.ts'
import type { Segment } from './segment.ts'
import type { Segments } from './segments.ts'

/** Batches as they lie in the log. The first one is whole, the last one may be cut. */
export interface LogRead {
  readonly views: readonly Uint8Array[]
  readonly sizeInBytes: number
  /** Nothing at or behind this offset is inside. A bound, not the place to read on from: the last batch may be cut. */
  readonly nextOffset: number
  /** Gives the buffers back: exactly once, after the last use of the views. */
  release(): void
}

/** Its bytes for who keeps no buffers of the disk; the last batch may be cut. */
export async function copied(reading: Promise<LogRead>): Promise<Buffer> {
  const read = await reading
  try {
    return Buffer.concat(read.views) // a view may end in the middle of a batch
  } finally {
    read.release()
  }
}

export interface ReadRange {
  readonly from: number
  readonly maxBytes: number
  /** Exclusive: no batch that reaches it comes out. */
  readonly limit: number
  readonly minOneBatch: boolean
  readonly endOffset: number
}

interface Extent {
  readonly start: number
  readonly end: number
  readonly nextOffset: number
}

/**
 * Whole batches from the one that holds `from`, or follows it, out of one segment; never a record that is known to be damaged: the answer
 * ends before it, and CORRUPT_MESSAGE is thrown for one who asks for it. `suspect` hears of a segment whose bytes made no sense.
 */
export async function readBatches(segments: Segments, range: ReadRange, suspect: (segment: Segment) => void): Promise<LogRead> {
  const { from, endOffset } = range
  const limit = Math.min(range.limit, endOffset)
  // Appends and rolls go on while we look: what counts are the sizes and ends of this moment, or more than `limit` would come out.
  const { all, active } = segments
  const activeSize = active.sizeInBytes
  for (let at = segments.indexOf(from); at < all.length; at++) {
    const segment = all[at]!
    if (segment.baseOffset >= limit) break
    const end = all[at + 1]?.baseOffset ?? endOffset
    if (end <= from) continue
    const size = segment === active ? activeSize : segment.sizeInBytes
    try {
      const found = await extentIn(segment, size, end, { ...range, limit })
      // Compaction can leave nothing at or behind an offset in its segment: the next one has what follows.
      if (found) return found === 'tooLarge' ? nothing(from) : await bytesOf(segment, found)
    } catch (thrown) {
      if (thrown instanceof MalformedBytes) suspect(segment)
      throw asAnswer(segment, thrown)
    }
  }
  return nothing(from)
}

function nothing(from: number): LogRead {
  return { views: [], sizeInBytes: 0, nextOffset: from, release() {} }
}

async function bytesOf(segment: Segment, { start, end, nextOffset }: Extent): Promise<LogRead> {
  const read = await segment.read(start, end)
  const { views } = read
  const sizeInBytes = views.reduce((sum, view) => sum + view.length, 0)
  let isReleased = false
  return {
    views,
    sizeInBytes,
    nextOffset,
    release: () => {
      if (isReleased) return
      isReleased = true
      read.release()
    },
  }
}

async function extentIn(
  segment: Segment,
  size: number,
  segmentEnd: number,
  range: ReadRange,
): Promise<Extent | 'tooLarge' | null> {
  const { from, limit } = range
  const { damages } = segment
  if (damages.isEmpty) return soundExtentIn(segment, size, segmentEnd, range)
  const inside = damages.at(from)
  if (inside && from < limit) throw damaged(segment, inside)
  const next = damages.behind(from)
  if (!next) return soundExtentIn(segment, size, segmentEnd, range)
  const found = await soundExtentIn(segment, next.position, next.startOffset, range)
  if (!found && next.startOffset < limit) throw damaged(segment, next)
  return found
}

function damaged(segment: Segment, { position, startOffset, endOffset, fault }: Damage): KafkaError {
  const where = `${segment.pathOf('.log')} is damaged at position ${position}: ${fault}`
  return new KafkaError(
    'CORRUPT_MESSAGE',
    `offsets ${startOffset} to ${endOffset - 1} cannot be read, ${where}; seek to ${endOffset} to go on`,
  )
}

async function soundExtentIn(
  segment: Segment,
  size: number,
  segmentEnd: number,
  range: ReadRange,
): Promise<Extent | 'tooLarge' | null> {
  const { from, maxBytes, limit, minOneBatch } = range
  const first = await findOffset(segment, from, size)
  if (!first || first.batch.lastOffset >= limit) return null
  const start = first.position
  const firstSize = first.batch.sizeInBytes
  if (start + firstSize > size)
    throw new MalformedBytes(`the batch at position ${start} says that it has ${firstSize} bytes, and ${size - start} are there`)
  if (firstSize > maxBytes && !minOneBatch) return 'tooLarge'
  const wantedEnd = start + Math.max(maxBytes, firstSize)
  const end = Math.min(wantedEnd, await endBelow(segment, size, { limit, segmentEnd, enough: wantedEnd }))
  return { start, end, nextOffset: boundOf(segment, end, Math.min(limit, segmentEnd)) }
}

interface Bounds {
  readonly limit: number
  readonly segmentEnd: number
  /** A position that is far enough, whatever lies behind it. */
  readonly enough: number
}

/** The position where the first batch begins that reaches `limit`. */
async function endBelow(segment: Segment, size: number, { limit, segmentEnd, enough }: Bounds): Promise<number> {
  if (limit >= segmentEnd) {
    segment.places.remember(limit, size)
    return size
  }
  const near = segment.places.nearest(limit, await segment.indexes.startFor(limit - 1))
  if (near >= enough) return near
  const reaching = await segment.find(near, size, (batch) => batch.lastOffset >= limit)
  const end = reaching?.position ?? size
  segment.places.remember(limit, end)
  return end
}

function boundOf(segment: Segment, end: number, bound: number): number {
  const indexed = segment.indexes.offsetFrom(end)
  return indexed === null ? bound : Math.min(bound, indexed + 1)
}

/** What a reader is told when the bytes are not there: the segment was removed while it read, or the file is damaged. */
function asAnswer(segment: Segment, thrown: unknown): unknown {
  if (segment.isRetired && (thrown instanceof DiskError || thrown instanceof ClosedFile)) {
    return new KafkaError('OFFSET_OUT_OF_RANGE', `segment ${segment.baseOffset} was removed meanwhile`, { cause: thrown })
  }
  if (thrown instanceof MalformedBytes) {
    return new KafkaError('CORRUPT_MESSAGE', `segment ${segment.pathOf('.log')} is damaged: ${thrown.message}`, { cause: thrown })
  }
  return thrown
}
