// Going through the batches of a segment: by their headers alone, or with all their bytes. What is known to be damaged is passed over.

import { MalformedBytes } from '../base/bytes.ts'
import type { ReadBytes } from '../platform/disk.ts'
import type { Slices } from '../platform/slices.ts'
import { batches, HEADER_SIZE, RecordBatch } from '../protocol/records/batch.ts'
import type { Damages } from './damage.ts'
import { HeaderSearch } from './header-search.ts'
import { isWorthReading } from './large-batch.ts'
import type { Tail } from './tail.ts'

/** The first look at a place in a file; further ones take more at once. */
const FIRST_WINDOW = 4 * 1024
const WINDOW = 64 * 1024
const SCAN_WINDOW = 1024 * 1024

/** A batch and where it starts in its segment. Of the batch only the header need be in the bytes. */
export interface Placed {
  readonly batch: RecordBatch
  readonly position: number
}

/** What a scan asks of a segment. */
export interface Scanned {
  readonly tail: Tail
  readonly damages: Damages
  read(from: number, end: number): Promise<ReadBytes>
}

/** The first batch from the one at `from` on that `isWanted`; null where none begins before `end`. Sees headers alone. */
export function findBatch(
  segment: Scanned,
  from: number,
  end: number,
  isWanted: (batch: RecordBatch) => boolean,
): Promise<Placed | null> {
  return segment.damages.isEmpty ? findIn(segment, from, end, isWanted) : findAround(segment, from, end, isWanted)
}

async function findAround(
  segment: Scanned,
  from: number,
  end: number,
  isWanted: (batch: RecordBatch) => boolean,
): Promise<Placed | null> {
  for (const stretch of segment.damages.between(from, end)) {
    const found = await findIn(segment, stretch.start, stretch.end, isWanted)
    if (found) return found
  }
  return null
}

async function findIn(
  segment: Scanned,
  from: number,
  end: number,
  isWanted: (batch: RecordBatch) => boolean,
): Promise<Placed | null> {
  const search = new HeaderSearch(from, isWanted)
  for (let window = FIRST_WINDOW; search.position + HEADER_SIZE <= end; window = WINDOW) {
    const inMemory = segment.tail.at(search.position)
    const before = search.position
    if (inMemory) search.through(inMemory.length > end - before ? inMemory.subarray(0, end - before) : inMemory)
    else {
      const read = await segment.read(before, Math.min(end, before + window))
      try {
        search.through(read.views.length === 1 ? read.views[0]! : Buffer.concat(read.views))
        search.keepHeader()
      } finally {
        read.release()
      }
    }
    if (search.found) return { batch: search.found, position: search.position }
    if (search.position === before) return null
  }
  return null
}

/** Every whole batch from the one at `from` up to `end`, with its bytes, valid until the next one is asked for. In time slices. */
export async function* contentsOf(
  segment: Scanned,
  slices: Slices,
  from: number,
  end: number,
): AsyncGenerator<Placed, void, undefined> {
  for (const stretch of segment.damages.between(from, end)) yield* contentsIn(segment, slices, stretch.start, stretch.end)
}

async function* contentsIn(segment: Scanned, slices: Slices, from: number, end: number): AsyncGenerator<Placed, void, undefined> {
  let position = from
  let window = SCAN_WINDOW
  while (position < end) {
    const read = await segment.read(position, Math.min(end, position + window))
    const start = position
    try {
      const bytes = read.views.length === 1 ? read.views[0]! : Buffer.concat(read.views)
      for (const batch of batches(bytes)) {
        await slices.rest()
        yield { batch, position }
        position += batch.sizeInBytes
      }
      if (position > start) window = SCAN_WINDOW
      else if (start + bytes.length >= end || bytes.length < window) return
      else window = await largeSize(segment, slices, { position, header: new RecordBatch(bytes), end })
      if (window === 0) return
    } finally {
      read.release()
    }
  }
}

/** How many bytes the batch takes that did not fit into a window; 0 where not all of it is there. Throws MalformedBytes where its length makes no sense. */
async function largeSize(
  segment: Scanned,
  slices: Slices,
  place: { readonly position: number; readonly header: RecordBatch; readonly end: number },
): Promise<number> {
  const { position, header, end } = place
  if (position + header.sizeInBytes > end) return 0
  if (await isWorthReading(segment, slices, place)) return header.sizeInBytes
  throw new MalformedBytes(`a batch of ${header.sizeInBytes} bytes at position ${position} does not match its checksum`)
}
