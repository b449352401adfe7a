// Looks through a log for records that the disk has spoiled, long after they were written, and remembers them: a reader of such a record is
// told so, and everybody else is kept away from it.

import { MalformedBytes } from '../base/bytes.ts'
import type { Damage } from './damage.ts'
import { SUFFIX } from './file-names.ts'
import type { LogState } from './log-state.ts'
import { ClosedFile } from './open-files.ts'
import type { Segment } from './segment.ts'
import { type CheckRange, SegmentCheck } from './segment-check.ts'
import type { Visitors } from './visitors.ts'

/** One pass over what a log has on disk. What memory holds of its end is left to the next pass. */
export class LogScrub {
  readonly #state: LogState
  readonly #visitors: Visitors
  /** Segments from this base offset on are still to be looked at. */
  #from = 0
  #epoch = -1
  #segment: Segment | null = null
  #check: SegmentCheck | null = null
  /** How often the segment was cut when its check began. */
  #cuts = 0
  /** The segment that was looked at before this one; `#epoch` is that of its last batch. */
  #before: { readonly segment: Segment; readonly cuts: number } | null = null

  constructor(state: LogState, visitors: Visitors) {
    this.#state = state
    this.#visitors = visitors
  }

  /**
   * Looks at the next piece, about a quarter of a megabyte unless a batch is larger; how many bytes that were, 0 at the end of the pass.
   * Throws KAFKA_STORAGE_ERROR where the disk failed, or the log is closed.
   */
  step(): Promise<number> {
    return this.#visitors.run(() => this.#step())
  }

  async #step(): Promise<number> {
    for (;;) {
      const segment = this.#segment ?? this.#next()
      if (!segment) return 0
      try {
        const check = (this.#check ??= await this.#checkOf(segment))
        const bytes = isAsItWas(segment, this.#cuts) ? await check.step() : 0
        if (!isAsItWas(segment, this.#cuts)) this.#forget()
        else if (check.isDone) this.#ended(segment, check)
        if (bytes > 0) return bytes
      } catch (thrown) {
        // The segment was removed, or cut, under our eyes; one that only became shorter is looked at again by the next pass.
        if (!(thrown instanceof ClosedFile || thrown instanceof MalformedBytes || segment.isRetired)) throw thrown
        this.#forget()
      }
    }
  }

  #next(): Segment | null {
    const segment = this.#state.segments.all.find(({ baseOffset }) => baseOffset >= this.#from) ?? null
    this.#segment = segment
    if (segment) this.#from = segment.baseOffset + 1
    return segment
  }

  #forget(): void {
    this.#segment = null
    this.#check = null
  }

  async #checkOf(segment: Segment): Promise<SegmentCheck> {
    this.#cuts = segment.cuts
    const { shared } = this.#state
    return new SegmentCheck(segment, shared.slices, { ...(await rangeOf(this.#state, segment)), epoch: this.#epochBefore() })
  }

  // What was cut off may have had a later epoch than what took its place.
  #epochBefore(): number {
    return this.#before && isAsItWas(this.#before.segment, this.#before.cuts) ? this.#epoch : -1
  }

  #ended(segment: Segment, check: SegmentCheck): void {
    this.#epoch = check.epoch
    this.#before = { segment, cuts: segment.cuts }
    note(this.#state, segment, check)
    this.#forget()
  }
}

/** Whether what was seen of the segment is still there; what was appended since then does not matter. */
function isAsItWas(segment: Segment, cuts: number): boolean {
  return !segment.isRetired && segment.cuts === cuts
}

/** What a reader calls that met bytes in a segment which make no sense: the segment is looked through at once, but not again and again. */
export function suspecting(state: LogState, visitors: Visitors): (segment: Segment) => void {
  const seen = new WeakMap<Segment, number>()
  return (segment) => {
    if (seen.get(segment) === segment.cuts) return
    seen.set(segment, segment.cuts)
    visitors
      .run(() => checkSegment(state, segment))
      .catch((thrown: unknown) => {
        state.shared.logger.debug('a segment could not be looked through', { file: segment.pathOf(SUFFIX.log), error: thrown })
      })
  }
}

/** Looks through one segment at once; what it finds is forgotten where the segment was cut meanwhile. */
export async function checkSegment(state: LogState, segment: Segment): Promise<void> {
  const { cuts } = segment
  const check = new SegmentCheck(segment, state.shared.slices, await rangeOf(state, segment))
  while (!check.isDone && segment.cuts === cuts) await check.step()
  if (isAsItWas(segment, cuts)) note(state, segment, check)
}

async function rangeOf(state: LogState, segment: Segment): Promise<CheckRange> {
  const { segments } = state
  const end = segment.tail.position
  const behind = await segment.find(end, segment.sizeInBytes, () => true) // what memory still has, be the segment closed or not
  const next = segments.all[segments.all.indexOf(segment) + 1]?.baseOffset ?? state.endOffset
  return {
    position: 0,
    end,
    nextOffset: segment.baseOffset,
    endOffset: behind?.batch.baseOffset ?? next,
  }
}

function note(state: LogState, segment: Segment, { found }: SegmentCheck): void {
  const fresh = segment.tookDamage(found)
  tellOf(state, segment, fresh)
  if (fresh.length === 0) return
  if (segment !== state.segments.active) segment.indexes.forget() // they may have been made without what follows the damage
  for (const run of state.onDamage) run()
}

/** Says to the operator what was found, and what can be done. */
export function tellOf(state: LogState, segment: Segment, fresh: readonly Damage[]): void {
  const file = segment.pathOf(SUFFIX.log)
  for (const { position, endPosition, startOffset, endOffset, fault } of fresh) {
    state.shared.logger.error('records on disk are damaged: whoever asks for them is answered with CORRUPT_MESSAGE', {
      log: state.name,
      file,
      position,
      endPosition,
      firstOffset: startOffset,
      lastOffset: endOffset - 1,
      fault,
      whatToDo: `consumers go on behind it with a seek to ${endOffset}; keep a copy of the file, look for errors of the device in the kernel log, and write the records again from their source`,
    })
  }
}
