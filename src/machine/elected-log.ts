// A replicated log whose leader is elected: what the controller runs on. Raft's metadata log is one, the log on ZooKeeper another; this file is all
// that the rooms above know of either.

import type { KafkaError } from '../protocol/errors.ts'
import type { RecordBatch } from '../protocol/records/batch.ts'
import type { ReplicatedLog } from './machine.ts'

/** Who leads, as this node knows it now. */
export interface Leadership {
  readonly isLeader: boolean
  /** Null while nobody is known to lead in this epoch. */
  readonly leaderId: number | null
  readonly epoch: number
}

/** What a snapshot stands for: all records below `endOffset`, the last of which was written in `epoch`. */
export interface SnapshotPlace {
  readonly endOffset: number
  readonly epoch: number
}

/**
 * Every node has one, whether it leads, votes or only follows. On all of them the committed batches come in order and once each; `append` is the
 * leader's. A machine on it is loaded when this node becomes leader and resigned, in the same turn, when it ceases to be: nothing of an older epoch
 * may append in a newer one.
 */
export interface ElectedLog extends ReplicatedLog, Leadership {
  /** Of the epoch that this node knows, also where another one leads. The same as `epoch`. */
  readonly leaderEpoch: number

  /**
   * Takes part from now on. Resolves once this node has what is committed: as leader when all that its log held is, as follower when it has what its leader
   * said was. It waits for as long as nobody can be elected, and rejects where the log is retired before.
   */
  start(): Promise<void>
  /** Steps down where this node leads in `epoch`, and lets others know so that they need not wait; resolves when they were told or cannot be. */
  resign(epoch: number): Promise<void>
  /** Takes part no longer, at once: the process stops, or the disk failed. `append` throws `why`, and `onRetired` runs. */
  retire(why: KafkaError): void

  /**
   * Runs in the turn in which leader or epoch changes, before anything that follows from it; not for what holds already when it is called. Leading
   * begins with all of the log in `read`, the uncommitted end included: what is loaded from it is what a leader decides on.
   */
  onRole(run: (role: Leadership) => void): void
  /** Runs for the batches that became committed, in order, control batches too, before `onCommit` answers anyone. */
  onCommittedBatches(run: (batches: readonly RecordBatch[]) => void): void
  /**
   * Runs where this node's log ended below what its leader still has, and goes on behind a snapshot instead: what the snapshot holds comes in no batch,
   * so whoever follows begins anew with it. Batches that are committed meanwhile go on behind `snapshot.endOffset`.
   */
  onRestored(run: (snapshot: SnapshotPlace) => void): void

  /** The newest snapshot; null where there is none, or only the empty one that formatting wrote. */
  newestSnapshot(): SnapshotPlace | null
  /** The data batches of a snapshot, each valid until the next is asked for. */
  readSnapshot(snapshot: SnapshotPlace): AsyncIterable<RecordBatch>
  /** Keeps `batches` as everything below `endOffset`, which must be committed; older snapshots go when they are not needed. */
  writeSnapshot(
    endOffset: number,
    lastTimestamp: number,
    batches: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  ): Promise<void>
}
