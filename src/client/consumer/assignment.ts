// The partitions that this consumer reads now, in the order in which their turn comes.

import { StateError } from '../errors/index.ts'
import { AssignedPartition } from './assigned-partition.ts'
import { nameOf, type TopicPartition } from './place.ts'

export class Assignment {
  readonly #partitions = new Map<string, AssignedPartition>()
  /** Where the next look for something to hand out begins. */
  #turn = 0
  #list: readonly AssignedPartition[] = []

  get all(): readonly AssignedPartition[] {
    return this.#list
  }

  get names(): readonly TopicPartition[] {
    return this.#list.map(({ topic, partition }) => ({ topic, partition }))
  }

  has(partition: TopicPartition): boolean {
    return this.#partitions.has(nameOf(partition))
  }

  find(partition: TopicPartition): AssignedPartition | undefined {
    return this.#partitions.get(nameOf(partition))
  }

  /** Throws a StateError for one that is not assigned. */
  get(partition: TopicPartition): AssignedPartition {
    const found = this.find(partition)
    if (!found) throw new StateError('INVALID_STATE', `${nameOf(partition)} is not assigned to this consumer`)
    return found
  }

  /** Those of them that are not here yet; what they begin with is still to be found. */
  add(partitions: readonly TopicPartition[]): AssignedPartition[] {
    const added = partitions.filter((each) => !this.has(each)).map((each) => new AssignedPartition(each))
    for (const each of added) this.#partitions.set(each.name, each)
    this.#list = [...this.#partitions.values()]
    return added
  }

  remove(partitions: readonly TopicPartition[]): void {
    for (const name of partitions) {
      const each = this.find(name)
      if (!each) continue
      each.leave()
      this.#partitions.delete(each.name)
    }
    this.#list = [...this.#partitions.values()]
  }

  /** One that may have something to hand out, each in its turn; undefined where none has. */
  nextReady(except: (partition: AssignedPartition) => boolean = () => false): AssignedPartition | undefined {
    const { length } = this.#list
    for (let i = 0; i < length; i++) {
      const at = (this.#turn + i) % length
      const each = this.#list[at]!
      if (!each.isReady || except(each)) continue
      this.#turn = at + 1
      return each
    }
    return undefined
  }
}
