// Reading a segment that may be damaged: where its bytes make no sense, the damage is looked for, told of, and left out.

import { MalformedBytes } from '../base/bytes.ts'
import { SUFFIX } from './file-names.ts'
import type { LogState } from './log-state.ts'
import { checkSegment } from './scrub.ts'
import type { Segment } from './segment.ts'

/** Runs `read`, and once more around what is damaged where that stopped it. Throws DiskError, and an Error that names the file where nothing is found. */
export async function aroundDamage<T>(state: LogState, segment: Segment, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (thrown) {
    if (!(thrown instanceof MalformedBytes)) throw thrown
    const known = segment.damages.all
    await checkSegment(state, segment)
    if (segment.damages.all.length === known.length) throw nameless(segment, thrown)
    return read()
  }
}

function nameless(segment: Segment, cause: MalformedBytes): Error {
  return new Error(`${segment.pathOf(SUFFIX.log)} cannot be read, although no batch in it is damaged: ${cause.message}`, {
    cause,
  })
}
