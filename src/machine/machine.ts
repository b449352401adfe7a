// Replicated state machines: what a machine, its commands and its log promise each other. The controller and every coordinator are one.

import type { KafkaError } from '../protocol/errors.ts'

/** What is known of a record besides its content, when it is applied. */
export interface RecordMeta {
  readonly offset: number
  readonly timestamp: number
  readonly leaderEpoch: number
  /** -1 where no producer wrote it. A record of a transaction counts only once `endTransaction` said that it was committed. */
  readonly producerId: number
  readonly producerEpoch: number
  readonly isTransactional: boolean
}

/**
 * State that is rebuilt by replaying its log. Its hard part is changed by `apply` alone; its soft part (last seen, parked requests, timers)
 * is rebuilt in `onLoaded`. "Replayed equals lived" compares the hard part.
 */
export interface StateMachine<R> {
  /** Must not fail: a throw is a bug and unloads the machine. */
  apply(record: R, meta: RecordMeta): void
  /** A transaction that wrote into this log ended. */
  endTransaction?(producerId: number, producerEpoch: number, committed: boolean): void
  /** The log was replayed to its end; commands come from now on. Gives the timers that have to run. */
  onLoaded?(now: number): readonly Effect[]
  /** A timer that an effect armed has come due: a command without an asker. */
  onTimer?(key: string, now: number): Decision<R, void>
  onUnloaded?(): void
}

/** What follows from a decision besides its records; carried out in list order when the records are committed (timers: at once). */
export type Effect =
  /** Answers the request that was parked under `key` by a reply of kind `later`. */
  | { readonly kind: 'answer'; readonly key: string; readonly value: unknown }
  /** Arms the timer `key`, in place of one armed before under the same key. */
  | { readonly kind: 'timer'; readonly key: string; readonly afterMs: number }
  | { readonly kind: 'cancelTimer'; readonly key: string }

export type Reply<T> = { readonly kind: 'now'; readonly value: T } | { readonly kind: 'later'; readonly key: string }

/** What a command wants written and answered. It changed nothing of the hard state itself. */
export interface Decision<R, T> {
  readonly records: readonly R[]
  readonly reply: Reply<T>
  readonly effects?: readonly Effect[]
  /** All records in one batch, so that a crash keeps all or none. Default true. */
  readonly atomic?: boolean
}

/** An answer for now, with what has to be written first. */
export function decide<R, T>(value: T, records: readonly R[] = [], effects: readonly Effect[] = []): Decision<R, T> {
  return { records, reply: { kind: 'now', value }, effects }
}

/** An answer that a later command gives, by an effect of kind `answer` with the same key. */
export function decideLater<R, T>(key: string, records: readonly R[] = [], effects: readonly Effect[] = []): Decision<R, T> {
  return { records, reply: { kind: 'later', key }, effects }
}

/** How a machine's records look as the key and value of a Kafka record. */
export interface RecordCodec<R> {
  encode(record: R): { readonly key: Uint8Array | null; readonly value: Uint8Array | null }
  /** Null for a kind that this build does not know; it is kept in the log and logged with its offset, never tombstoned. */
  decode(key: Uint8Array | null, value: Uint8Array | null): R | null
}

export interface Appended {
  readonly baseOffset: number
  readonly lastOffset: number
  readonly appendTime: number
}

/** A log that some quorum or set of replicas agrees on. The raft log and a led partition are the two kinds. */
export interface ReplicatedLog {
  readonly startOffset: number
  readonly endOffset: number
  /** Exclusive: everything below it will never be lost. */
  readonly committedOffset: number
  readonly leaderEpoch: number
  /** One batch as built; offsets and leader epoch are written into it in place. Throws before anything changed. */
  append(batch: Uint8Array): Appended
  /** Runs whenever `committedOffset` moved. */
  onCommit(run: (committedOffset: number) => void): void
  /** Runs once, when the log is over in this process (disk failed, deleted, closed): what is not committed never will be. At once where it is. */
  onRetired(run: (why: KafkaError) => void): void
  /** Whole batches from the one that holds `from`, copied out of any pool; empty at the end. For replay, and not bounded by the commit. */
  read(from: number, maxBytes: number): Promise<readonly Uint8Array[]>
}

/** Runs one machine over one log: decide, append, apply, park, answer at commit. One path, so that answers leave in order. */
export interface Runtime<M, R> {
  write<T>(command: (machine: M, now: number) => Decision<R, T>): Promise<T>
  /** A write with no records: it waits for what it saw to be committed. */
  read<T>(look: (machine: M, now: number) => T): Promise<T>
}
