// Holds the partitions that a group gives, and tells the program when they come and go.

import type { ClientError } from '../errors/index.ts'
import type { AssignedPartition } from './assigned-partition.ts'
import type { Assignment } from './assignment.ts'
import type { AutoCommit } from './auto-commit.ts'
import type { Deliveries } from './deliveries.ts'
import type { Holder } from './group/member.ts'
import type { Hurry } from './hurry.ts'
import type { TopicPartition } from './place.ts'

/** What a program is told of its partitions; what it gives back is waited for. */
export interface RebalanceListener {
  /** They were added; seek here to begin elsewhere than at what is committed. */
  onAssigned?(partitions: readonly TopicPartition[]): void | Promise<void>
  /** They are about to go to others: commit here what is done. */
  onRevoked?(partitions: readonly TopicPartition[]): void | Promise<void>
  /** Others may have them already, and a commit would be refused. Default: as `onRevoked`. */
  onLost?(partitions: readonly TopicPartition[]): void | Promise<void>
}

export interface HolderOptions {
  readonly assignment: Assignment
  readonly deliveries: Deliveries
  readonly autoCommit: () => AutoCommit | null
  readonly listener: () => RebalanceListener
  readonly hurry: Hurry
  /** There is something to find out, or to fetch. */
  readonly onChange: () => void
  readonly onError: (error: ClientError) => void
}

export class GroupHolder implements Holder {
  readonly #options: HolderOptions
  /** Resolves when what was begun last is over: who gives up and who is given wait for each other. */
  #last: Promise<void> = Promise.resolve()
  /** Those of which the program is being told that they go. */
  readonly #told = new Set<AssignedPartition>()

  constructor(options: HolderOptions) {
    this.#options = options
  }

  get owned(): readonly TopicPartition[] {
    return this.#options.assignment.names
  }

  revoke(partitions: readonly TopicPartition[]): Promise<void> {
    return this.#inTurn(() => this.#revoke(this.#find(partitions)))
  }

  assign(partitions: readonly TopicPartition[]): Promise<void> {
    return this.#inTurn(() => this.#assign(partitions))
  }

  /** Waits for nothing: whoever waits for these partitions to be given up need not wait any more. */
  async lose(partitions: readonly TopicPartition[]): Promise<void> {
    const { assignment, deliveries, listener } = this.#options
    const lost = this.#find(partitions)
    assignment.remove(lost)
    deliveries.nudge()
    const untold = lost.filter((each) => !this.#told.has(each))
    if (untold.length > 0) await this.#tell(listener().onLost ? 'onLost' : 'onRevoked', untold)
  }

  #inTurn(run: () => Promise<void>): Promise<void> {
    const running = this.#last.then(run)
    this.#last = running.catch(() => {}) // whoever asked for it hears it
    return running
  }

  async #revoke(held: readonly AssignedPartition[]): Promise<void> {
    const { assignment, deliveries, autoCommit, hurry, onChange } = this.#options
    const left = () => held.filter(({ isGone }) => !isGone)
    for (const each of held) each.isHeld = true
    await deliveries.drain(held, () => hurry.isOn || left().length === 0)
    await autoCommit()?.commit(left())
    const told = left()
    for (const each of told) this.#told.add(each)
    if (told.length > 0) await this.#tell('onRevoked', told)
    for (const each of told) this.#told.delete(each)
    assignment.remove(left())
    onChange()
  }

  async #assign(partitions: readonly TopicPartition[]): Promise<void> {
    const { assignment, onChange } = this.#options
    const added = assignment.add(partitions)
    // Nothing is fetched before the program was told: it may seek.
    for (const each of added) {
      each.searchFor({ kind: 'committed' })
      each.isHeld = true
    }
    await this.#tell('onAssigned', added)
    for (const each of added) each.isHeld = false
    onChange()
  }

  #find(partitions: readonly TopicPartition[]): AssignedPartition[] {
    return partitions.flatMap((each) => this.#options.assignment.find(each) ?? [])
  }

  async #tell(what: keyof RebalanceListener, partitions: readonly TopicPartition[]): Promise<void> {
    const { listener, hurry } = this.#options
    const tell = async () => listener()[what]?.(partitions.map(({ topic, partition }) => ({ topic, partition })))
    try {
      await hurry.race(tell())
    } catch (thrown) {
      // It is the program's own: it meets it where it waits for records.
      this.#options.onError(thrown as ClientError)
    }
  }
}
