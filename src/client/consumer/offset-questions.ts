// What programs ask of offsets: where partitions begin and end, and where a time begins in them.

import type { Patience } from '../patience.ts'
import type { OffsetLookup } from './offset-lookup.ts'
import { nameOf, type TopicPartition } from './place.ts'

/** An offset, and the time of the record at it. */
export interface OffsetAndTimestamp {
  readonly offset: number
  readonly timestamp: number
  readonly leaderEpoch: number | null
}

/** The offset that stands for `timestamp` (the first, or behind the last) in each partition, in their order. */
export async function endsOf(
  lookup: OffsetLookup,
  partitions: readonly TopicPartition[],
  timestamp: number,
  patience: Patience,
): Promise<number[]> {
  const queries = partitions.map(({ topic, partition }) => ({ topic, partition, timestamp }))
  const found = await lookup.times(queries, patience)
  const byName = new Map(found.map((each) => [nameOf(each), each.offset]))
  return partitions.map((each) => byName.get(nameOf(each))!)
}

/** The first record that is not older than the timestamp of each query, in their order; null where all are. */
export async function offsetsOfTimes(
  lookup: OffsetLookup,
  queries: readonly (TopicPartition & { readonly timestamp: number })[],
  patience: Patience,
): Promise<(OffsetAndTimestamp | null)[]> {
  const found: (OffsetAndTimestamp | null)[] = queries.map(() => null)
  let left = queries.map((query, place) => ({ ...query, place }))
  while (left.length > 0) {
    // A leader is asked for one time of a partition in a request.
    const first = new Map(left.toReversed().map((query) => [nameOf(query), query]))
    for (const { topic, partition, offset, timestamp, leaderEpoch } of await lookup.times([...first.values()], patience)) {
      const { place } = first.get(nameOf({ topic, partition }))!
      if (offset >= 0) found[place] = { offset, timestamp, leaderEpoch: leaderEpoch < 0 ? null : leaderEpoch }
    }
    left = left.filter((query) => first.get(nameOf(query)) !== query)
  }
  return found
}
