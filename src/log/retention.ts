// Which old segments may go: by age, by size, and because the log starts behind them.

import { MalformedBytes } from '../base/bytes.ts'
import { isDeleting } from './log-config.ts'
import type { LogState } from './log-state.ts'
import { checkSegment } from './scrub.ts'
import type { Segment } from './segment.ts'

export interface RetentionSteps {
  /** Asked before each segment is looked at: nothing goes once it says so. */
  readonly mustStop: () => boolean
  /** Closes the active segment. */
  roll(): void
  /** Resolves when closed segments are wholly on the device. */
  sealed(): Promise<void>
}

/** Retires every segment that may go, oldest first so that no gap appears. How many went. */
export async function applyRetention(state: LogState, now: number, steps: RetentionSteps): Promise<number> {
  const count = await countExpired(state, now, steps)
  if (count === 0 || steps.mustStop()) return 0
  if (count === state.segments.all.length) steps.roll()
  await steps.sealed()
  const gone = state.segments.all.slice(0, count)
  const startOffset = state.segments.all[count]!.baseOffset
  await state.startAt(startOffset)
  state.segments.remove(gone)
  await state.retire(gone)
  await state.removeSnapshots((at) => at < startOffset)
  return count
}

async function countExpired(state: LogState, now: number, { mustStop }: RetentionSteps): Promise<number> {
  const { segments, startOffset, endOffset, highWatermark, config } = state
  const deletes = isDeleting(config)
  const retentionMs = deletes ? config['retention.ms'] : -1
  let excess = deletes && config['retention.bytes'] >= 0 ? segments.sizeInBytes - config['retention.bytes'] : -1
  let count = 0
  for (const [i, segment] of segments.all.entries()) {
    if (mustStop()) break
    const end = segments.endOf(i, endOffset)
    const isEmptyEnd = i === segments.all.length - 1 && segment.sizeInBytes === 0
    if (isEmptyEnd || end > highWatermark) break // what is not committed may still be needed, whatever its age
    const isBeforeStart = end <= startOffset && segment !== segments.active
    const isTooOld = retentionMs >= 0 && now - (await ageMark(state, segment)) > retentionMs
    if (!isBeforeStart && !isTooOld && excess < segment.sizeInBytes) break
    excess -= segment.sizeInBytes
    count++
  }
  return count
}

/** The time that counts for the segment's age: its latest record's; where records have none, when it was last written. */
async function ageMark(state: LogState, segment: Segment): Promise<number> {
  const timestamp = await maxTimestamp(state, segment)
  return timestamp >= 0 ? timestamp : segment.changedAt
}

// Damage must not keep a segment for ever: what is sound in it says how old it is.
async function maxTimestamp(state: LogState, segment: Segment): Promise<number> {
  try {
    return await segment.indexes.maxTimestamp()
  } catch (thrown) {
    if (!(thrown instanceof MalformedBytes)) throw thrown
    await checkSegment(state, segment)
    return segment.indexes.maxTimestamp()
  }
}
