// Which partitions went from whom to whom while a group was balanced. Before a partition goes the other way, one of the same topic that came that way goes
// back instead: so fewer change hands.

import type { Assignable } from './assignor.ts'
import { PartitionHashSet } from './java-order.ts'

interface Movement {
  readonly from: string
  readonly to: string
}

export class Movements {
  readonly #ofPartition = new Map<Assignable, Movement>()
  /** By topic, then by the two members. */
  readonly #byTopic = new Map<string, Map<string, PartitionHashSet<Assignable>>>()

  /** The partition that should move instead of this one, which stands at `from`; it may be itself. */
  insteadOf(partition: Assignable, from: string, to: string): Assignable {
    const source = this.#ofPartition.get(partition)?.from ?? from
    return (
      this.#byTopic
        .get(partition.topic)
        ?.get(keyOf({ from: to, to: source }))
        ?.first() ?? partition
    )
  }

  note(partition: Assignable, from: string, to: string): void {
    const before = this.#ofPartition.get(partition)
    if (before) this.#forget(partition, before)
    const source = before?.from ?? from
    if (source !== to || !before) this.#add(partition, { from: source, to })
  }

  #add(partition: Assignable, movement: Movement): void {
    this.#ofPartition.set(partition, movement)
    let pairs = this.#byTopic.get(partition.topic)
    if (!pairs) this.#byTopic.set(partition.topic, (pairs = new Map()))
    const key = keyOf(movement)
    let moved = pairs.get(key)
    if (!moved) pairs.set(key, (moved = new PartitionHashSet()))
    moved.add(partition)
  }

  #forget(partition: Assignable, movement: Movement): void {
    this.#ofPartition.delete(partition)
    const pairs = this.#byTopic.get(partition.topic)!
    const moved = pairs.get(keyOf(movement))!
    moved.delete(partition)
    if (moved.isEmpty) pairs.delete(keyOf(movement))
  }
}

const keyOf = ({ from, to }: Movement) => JSON.stringify([from, to])
