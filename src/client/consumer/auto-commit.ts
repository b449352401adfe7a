// Commits by itself what the program is done with: now and then, before partitions are taken away, and at the end.

import type { Timer } from '../../platform/clock.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { ClientError } from '../errors/index.ts'
import type { AssignedPartition } from './assigned-partition.ts'
import type { Assignment } from './assignment.ts'
import type { GroupOffsets } from './group-offsets.ts'
import type { TopicPartitionOffset } from './place.ts'

export interface AutoCommitOptions {
  readonly cluster: Cluster
  readonly assignment: Assignment
  readonly offsets: GroupOffsets
  readonly intervalMs: number
  /** How long a commit may try before partitions are taken away. */
  readonly timeoutMs: number
  /** For the program: what no commit throws by itself. */
  readonly onError: (error: Error) => void
}

export class AutoCommit {
  readonly #options: AutoCommitOptions
  #timer: Timer | null = null
  #isOver = false

  constructor(options: AutoCommitOptions) {
    this.#options = options
  }

  start(): void {
    if (this.#timer || this.#isOver) return
    const { cluster, intervalMs, assignment, onError } = this.#options
    this.#timer = cluster.platform.clock.after(Math.max(1, intervalMs), () => {
      const next = () => {
        this.#timer = null
        this.start()
      }
      this.commit(assignment.all).catch(onError).finally(next)
    })
  }

  stop(): void {
    this.#isOver = true
    this.#timer?.cancel()
  }

  /**
   * What is done in these partitions and not committed yet; of those that were taken away only where `isOwn`: the program itself has given them up, and nobody
   * else reads them. A commit that fails is told to the log: its records come again.
   */
  async commit(partitions: readonly AssignedPartition[], { isOwn = false } = {}): Promise<void> {
    const { cluster, offsets, timeoutMs } = this.#options
    const patience = cluster.patience('an automatic commit', { timeoutMs })
    try {
      await offsets.commit(
        () => doneIn(partitions.filter(({ isGone }) => isOwn || !isGone)),
        patience,
        ({ of, offset }) => void (of.committedOffset = offset),
      )
    } catch (thrown) {
      if (!(thrown instanceof ClientError)) throw thrown
      if (!cluster.lifetime.isOver) cluster.platform.logger.warn('an automatic commit failed', { why: thrown.message })
    }
  }
}

function doneIn(partitions: readonly AssignedPartition[]): (TopicPartitionOffset & { readonly of: AssignedPartition })[] {
  return partitions.flatMap((of) => {
    const { committable, committedOffset, topic, partition } = of
    return committable && committable.offset !== committedOffset ? [{ ...committable, topic, partition, of }] : []
  })
}
