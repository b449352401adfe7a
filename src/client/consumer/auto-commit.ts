// Commits by itself what the program is done with: now and then, before partitions are taken away, and at the end.

import type { Timer } from '../../platform/clock.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { ClientError } from '../errors/index.ts'
import type { AssignedPartition } from './assigned-partition.ts'
import type { Assignment } from './assignment.ts'
import type { GroupOffsets } from './group-offsets.ts'

export interface AutoCommitOptions {
  readonly cluster: Cluster
  readonly assignment: Assignment
  readonly offsets: GroupOffsets
  readonly intervalMs: number
  /** How long a commit may try before partitions are taken away. */
  readonly timeoutMs: number
}

export class AutoCommit {
  readonly #options: AutoCommitOptions
  #timer: Timer | null = null
  #isOver = false
  #last: Promise<void> = Promise.resolve()

  constructor(options: AutoCommitOptions) {
    this.#options = options
  }

  start(): void {
    if (this.#timer || this.#isOver) return
    const { cluster, intervalMs, assignment } = this.#options
    this.#timer = cluster.platform.clock.after(Math.max(1, intervalMs), () => {
      void this.commit(assignment.all).finally(() => {
        this.#timer = null
        this.start()
      })
    })
  }

  stop(): void {
    this.#isOver = true
    this.#timer?.cancel()
  }

  /** What is done in these partitions and not committed yet. A commit that fails is told to the log: its records come again. */
  commit(partitions: readonly AssignedPartition[]): Promise<void> {
    // One after the other: an older one that is tried again must not come behind a newer one.
    this.#last = this.#last.then(() => this.#commit(partitions))
    return this.#last
  }

  async #commit(partitions: readonly AssignedPartition[]): Promise<void> {
    const { cluster, offsets, timeoutMs } = this.#options
    const done = partitions.flatMap((partition) => {
      const { committable, committedOffset, topic, partition: number } = partition
      return committable && committable.offset !== committedOffset
        ? [{ ...committable, topic, partition: number, of: partition }]
        : []
    })
    if (done.length === 0) return
    try {
      await offsets.commit(done, cluster.patience('an automatic commit', { timeoutMs, signal: cluster.lifetime.signal }))
      for (const { of, offset } of done) of.committedOffset = offset
    } catch (thrown) {
      if (!(thrown instanceof ClientError)) throw thrown
      if (!cluster.lifetime.isOver) cluster.platform.logger.warn('an automatic commit failed', { why: thrown.message })
    }
  }
}
