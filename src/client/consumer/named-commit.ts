// A commit that the program asks for: of offsets that it names, or of what it was given.

import { ClientError, OptionError } from '../errors/index.ts'
import type { Patience } from '../patience.ts'
import type { Assignment } from './assignment.ts'
import type { GroupOffsets } from './group-offsets.ts'
import { nameOf, type TopicPartitionOffset } from './place.ts'

/** Throws ILLEGAL_GENERATION where a partition was taken away meanwhile: whoever has it now may have gone on, and must not be taken back. */
export async function commitNamed(
  group: GroupOffsets,
  assignment: Assignment,
  offsets: readonly TopicPartitionOffset[],
  patience: Patience,
): Promise<void> {
  for (const each of offsets) checkOffset(each.offset)
  const places = new Map(
    offsets.flatMap((each) => {
      const partition = assignment.find(each)
      return partition ? [[each, { partition, era: partition.era }]] : []
    }),
  )
  const choose = () => {
    const gone = offsets.find((each) => places.get(each)?.partition.isGone)
    if (gone)
      throw new ClientError('ILLEGAL_GENERATION', `${nameOf(gone)} was taken away from this consumer: it is not committed`)
    return offsets
  }
  await group.commit(choose, patience, (each) => {
    const place = places.get(each)
    if (!place || place.partition.era !== place.era) return
    // What the program has committed is done, and no automatic commit goes behind it.
    place.partition.done(each.offset, each.leaderEpoch ?? -1, place.era)
    place.partition.committedOffset = each.offset
  })
}

/** Throws an OptionError for what no offset can be. */
export function checkOffset(offset: number): void {
  if (Number.isSafeInteger(offset) && offset >= 0) return
  throw new OptionError('offset', `offset=${offset} is not valid; allowed: at least 0`)
}
