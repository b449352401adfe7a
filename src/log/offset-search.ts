// The search for the batch of an offset. Where it begins at an entry of an index file, the first header that it reads anyway is the proof of it.

import { MalformedBytes } from '../base/bytes.ts'
import { isBatchOf } from './index-proof.ts'
import type { OffsetEntry } from './offset-index.ts'
import type { Placed } from './scan.ts'
import type { Segment } from './segment.ts'

/** The first batch that ends at or behind `offset`; null where none begins before `end`. Sees headers alone. */
export async function findOffset(segment: Segment, offset: number, end: number): Promise<Placed | null> {
  const { offsets, isFromFiles } = await segment.indexes.books()
  const entry = isFromFiles ? offsets.entryFor(offset) : null
  if (entry && segment.places.nearest(offset, entry.position) === entry.position) {
    const proven = await findFrom(segment, entry, offset, end)
    if (proven) return proven.placed
  }
  return segment.find(await segment.indexes.startFor(offset), end, (batch) => batch.lastOffset >= offset)
}

/** What the search finds from the entry on; null where no batch begins there, or one that is not the entry's. */
async function findFrom(
  segment: Segment,
  entry: OffsetEntry,
  offset: number,
  end: number,
): Promise<{ readonly placed: Placed | null } | null> {
  let isProven: boolean | null = null
  try {
    const placed = await segment.find(entry.position, end, (batch) => {
      isProven ??= isBatchOf(segment, entry, batch, offset)
      return !isProven || batch.lastOffset >= offset
    })
    return isProven ? { placed } : null
  } catch (thrown) {
    if (thrown instanceof MalformedBytes && !isProven) return null // the entry misled: there may be no damage
    throw thrown
  }
}
