// Offsets that are missing, and what that says of a log: compaction leaves such gaps, and so does fetching what a leader has compacted.

import { MalformedBytes } from '../base/bytes.ts'
import type { Segment } from './segment.ts'

/**
 * Whether offsets are missing between batches of the segment that lie side by side, and a batch behind confirms it. No power cut leaves that:
 * it takes bytes away at the end, or puts others in their place. Sees headers alone, and says no where they make no sense.
 */
export async function hasGaps(segment: Segment): Promise<boolean> {
  let next = segment.baseOffset
  let isBehindGap = false
  try {
    const witness = await segment.find(0, segment.sizeInBytes, ({ magic, baseOffset, lastOffsetDelta, nextOffset }) => {
      if (magic !== 2 || baseOffset < next || lastOffsetDelta < 0) throw new MalformedBytes('no batch that could follow')
      if (isBehindGap) return true
      isBehindGap = baseOffset > (segment.damages.at(next)?.endOffset ?? next)
      next = nextOffset
      return false
    })
    return witness !== null
  } catch (thrown) {
    if (!(thrown instanceof MalformedBytes)) throw thrown
    return false
  }
}
