// Long lists of partitions in parts: each is a command of its own, so that none of them holds up the event loop.

/** What a machine decides in one turn, at about four microseconds each. */
const PART_SIZE = 1000

interface WithPartitions<P> {
  readonly partitions: readonly P[]
}

/** Some topics of a list, with some of their partitions; and where they stand in it. */
export interface Part<T> {
  readonly topics: readonly T[]
  readonly places: readonly number[]
}

/** Cuts topics into parts of at most `size` partitions, in their order. A topic may be cut, and one without partitions is in some part. */
export function partsOf<P, T extends WithPartitions<P>>(topics: readonly T[], size = PART_SIZE): Part<T>[] {
  const parts: { topics: T[]; places: number[] }[] = []
  let left = 0
  for (const [place, topic] of topics.entries()) {
    let at = 0
    do {
      if (left === 0) {
        parts.push({ topics: [], places: [] })
        left = size
      }
      const partitions = at === 0 && topic.partitions.length <= left ? topic.partitions : topic.partitions.slice(at, at + left)
      const part = parts[parts.length - 1]!
      part.topics.push(partitions === topic.partitions ? topic : { ...topic, partitions })
      part.places.push(place)
      at += partitions.length
      // A topic counts, too, so that a list of empty ones is cut as well.
      left -= Math.min(left, Math.max(1, partitions.length))
    } while (at < topic.partitions.length)
  }
  return parts
}

/** The answers to the parts of a list, as one list for each topic. */
export class Joined<A> {
  readonly topics: A[][]

  constructor(count: number) {
    this.topics = Array.from({ length: count }, () => [])
  }

  add({ places }: Part<unknown>, answers: readonly (readonly A[])[]): void {
    for (const [i, place] of places.entries()) for (const answer of answers[i]!) this.topics[place]!.push(answer)
  }
}
