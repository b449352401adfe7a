// One transaction, from its begin to its end: what its coordinator knows of it, and what is being told to it.

import type { Cluster } from '../cluster/cluster.ts'
import { type ClientError, StateError } from '../errors/index.ts'
import type { Patience } from '../patience.ts'
import type { Lane } from './lane.ts'
import type { GroupMetadata, OffsetsToCommit, TransactionCalls } from './transaction-calls.ts'

export interface OpenTransactionOptions {
  readonly cluster: Cluster
  readonly calls: TransactionCalls
  /** Partitions and groups are added by requests of their own, before anything is sent to them (before KIP-890). */
  readonly addsExplicitly: boolean
  /** Partitions were added: their batches may leave. */
  readonly onAdded: () => void
  /** They cannot be. */
  readonly onFailed: (why: ClientError) => void
}

/** Whether the coordinator has something to end; `maybe`: it was told of something, and its answer is missing. */
export type Begun = 'no' | 'maybe' | 'yes'

export class OpenTransaction {
  readonly #options: OpenTransactionOptions
  #begun: Begun = 'no'
  /** Of partitions, by name. */
  readonly #added = new Set<string>()
  readonly #toAdd = new Map<string, Lane>()
  #adding: Promise<void> | null = null
  /** Groups whose offsets were asked for, and are not in the transaction. */
  readonly #owed = new Set<string>()
  readonly #sendingOffsets = new Set<Promise<void>>()
  readonly #stop = new AbortController()

  constructor(options: OpenTransactionOptions) {
    this.#options = options
  }

  get addsExplicitly(): boolean {
    return this.#options.addsExplicitly
  }

  get begun(): Begun {
    return this.#begun
  }

  /** The coordinator knows, or learns from the broker that a batch goes to. */
  begin(): void {
    this.#begun = 'yes'
  }

  /** It may know. */
  beginPerhaps(): void {
    if (this.#begun === 'no') this.#begun = 'maybe'
  }

  /** It knows of nothing any more. */
  ended(): void {
    this.#begun = 'no'
  }

  /** Whether batches of the partition may leave, as far as the coordinator has to know of it. */
  has({ name }: Lane): boolean {
    return !this.addsExplicitly || this.#added.has(name)
  }

  add(lane: Lane): void {
    this.#toAdd.set(lane.name, lane)
    this.#adding ??= this.#addAll().finally(() => {
      this.#adding = null
      this.#options.onAdded()
    })
  }

  /** `check` throws where nothing may be told to the coordinator any more. */
  async sendOffsets(offsets: OffsetsToCommit, group: GroupMetadata, patience: Patience, check: () => void): Promise<void> {
    this.#owed.add(group.groupId)
    const sending = this.#sendOffsets(offsets, group, patience, check)
    this.#sendingOffsets.add(sending)
    try {
      await sending
    } finally {
      this.#sendingOffsets.delete(sending)
    }
    this.#owed.delete(group.groupId)
  }

  /** Resolves when nothing is on its way to the coordinator: what comes then is behind it. */
  async settled(): Promise<void> {
    await Promise.all([this.#adding, this.offsetsSettled()])
  }

  /** Resolves when those who send offsets know whether they are in it. */
  async offsetsSettled(): Promise<void> {
    await Promise.allSettled(this.#sendingOffsets)
  }

  /** Nothing that was refused or not answered is tried again. */
  stop(why: ClientError): void {
    this.#toAdd.clear()
    this.#stop.abort(why)
  }

  /** Throws where offsets were asked for that are not in it. */
  checkOffsets(): void {
    const [groupId] = this.#owed
    if (groupId === undefined) return
    throw new StateError(
      'INVALID_STATE',
      `commitTransaction makes no sense now: sendOffsets of group ${groupId} did not succeed; call it again, or abortTransaction`,
    )
  }

  async #addAll(): Promise<void> {
    const { cluster, calls, onFailed } = this.#options
    const what = 'adding partitions to the transaction'
    const patience = cluster.patience(what, { signal: cluster.lifetime.signal })
    const pauses = cluster.patience(what, { signal: this.#stop.signal })
    try {
      while (this.#toAdd.size > 0) {
        const lanes = [...this.#toAdd.values()]
        await calls.addPartitions(lanes, patience, pauses)
        this.begin()
        for (const { name } of lanes) {
          this.#toAdd.delete(name)
          this.#added.add(name)
        }
      }
    } catch (thrown) {
      if (!cluster.lifetime.isOver && thrown !== this.#stop.signal.reason) onFailed(thrown as ClientError)
    }
  }

  async #sendOffsets(offsets: OffsetsToCommit, group: GroupMetadata, patience: Patience, check: () => void): Promise<void> {
    const { calls, addsExplicitly, cluster } = this.#options
    const signals = patience.signal ? [patience.signal, this.#stop.signal] : [this.#stop.signal]
    const pauses = cluster.patience(patience.what, { timeoutMs: patience.leftMs, signal: AbortSignal.any(signals) })
    if (addsExplicitly) {
      await calls.addOffsets(group.groupId, patience, pauses)
      this.begin()
      check()
    }
    await calls.commitOffsets(offsets, group, addsExplicitly, patience, pauses)
    this.begin()
  }
}
