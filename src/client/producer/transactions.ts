// A transactional producer's part of the protocol: who it is to its coordinator, which transaction is open, and what ended it (KIP-98, KIP-360, KIP-890).
// It is decided here when batches may leave; they leave in `sender.ts`.

import type { Cluster } from '../cluster/cluster.ts'
import { AbortedError, ClientError, SerializationError, StateError, TransactionAbortedError } from '../errors/index.ts'
import type { Patience } from '../patience.ts'
import type { Lane } from './lane.ts'
import type { ProducerIds } from './producer-ids.ts'
import { type GroupMetadata, type OffsetsToCommit, TransactionCalls } from './transaction-calls.ts'

/** `failed`: it can only be aborted. `ending`: its end was asked for, and nobody said yet that it came. */
type State = 'none' | 'ready' | 'open' | 'failed' | 'committing' | 'aborting' | 'fatal'

export interface TransactionsOptions {
  readonly cluster: Cluster
  readonly ids: ProducerIds
  readonly transactionalId: string
  readonly timeoutMs: number
  /** Something may be sent that could not before. */
  readonly wake: () => void
}

/** From this level of the feature on partitions are added by Produce itself, and each end bumps the epoch (KIP-890). */
const IMPLICIT = 2

export class Transactions {
  readonly transactionalId: string
  readonly #options: TransactionsOptions
  readonly #calls: TransactionCalls
  #state: State = 'none'
  #trouble: ClientError | null = null
  /** Something of this transaction has reached, or may have reached, the coordinator. */
  #isBegun = false
  /** The broker may miss batches: numbering has to begin anew after the end. */
  #needsNewEpoch = false
  #addsExplicitly = false
  /** Of partitions, by name: in the transaction, or asked for. */
  readonly #added = new Set<string>()
  readonly #toAdd = new Map<string, Lane>()
  #isAdding = false

  constructor(options: TransactionsOptions) {
    this.transactionalId = options.transactionalId
    this.#options = options
    this.#calls = new TransactionCalls(options)
  }

  /** Partitions have to be added by a request of their own before anything is sent to them. */
  get addsExplicitly(): boolean {
    return this.#addsExplicitly
  }

  get isEnding(): boolean {
    return this.#state === 'committing' || this.#state === 'aborting'
  }

  /** Nothing of the open transaction can be committed any more. */
  get hasFailed(): boolean {
    return this.#state === 'failed' || this.#state === 'aborting' || this.#state === 'fatal'
  }

  /** A transaction was begun and not ended. */
  get isUnfinished(): boolean {
    return this.#state === 'open' || this.#state === 'failed' || this.#state === 'aborting'
  }

  /** Fences every other producer with this id, ends what one left open, and makes this one ready. */
  async initialize(patience: Patience): Promise<void> {
    if (this.#state !== 'none') throw this.#misplaced('initTransactions', 'it was called before')
    await this.#guarded(() => this.#becomeKnown(patience, null))
    this.#state = 'ready'
  }

  begin(): void {
    if (this.#state !== 'ready') throw this.#misplaced('beginTransaction', this.#whyNotReady())
    this.#addsExplicitly = this.#calls.transactionVersion < IMPLICIT
    this.#state = 'open'
    this.#trouble = null
  }

  /** Throws where no record may be sent now. */
  checkOpen(): void {
    if (this.#state === 'open') return
    if (this.#state === 'aborting') throw new TransactionAbortedError()
    if (this.#state === 'failed' || this.#state === 'fatal') throw this.#trouble!
    throw this.#misplaced('send', 'no transaction is open: beginTransaction comes first')
  }

  /** Whether a partition's batches may leave: they belong to a transaction, and its coordinator knows of the partition where it has to. */
  maySend(lane: Lane): boolean {
    if (this.#state === 'none' || this.#state === 'ready' || this.#state === 'fatal') return false
    // What has numbers is sent again, because only an answer tells which ones come next.
    if (this.hasFailed && !lane.queue[0]!.hasSequence) return false
    if (!this.#addsExplicitly || this.#added.has(lane.name)) return true
    if (this.#state === 'open' || this.#state === 'committing') {
      this.#toAdd.set(lane.name, lane)
      void this.#addPartitions()
    }
    return false
  }

  /** A batch leaves: from now on there is something to end. */
  sending(): void {
    this.#isBegun = true
  }

  /** A batch will not be in the log, or nobody knows: the transaction can only be aborted. */
  batchFailed(error: ClientError): void {
    this.#needsNewEpoch = true
    this.#fail(error)
  }

  /** A record did not come in, which the program may not have noticed: a transaction without it must not be committed. */
  recordRefused(why: unknown): void {
    const isKnown = why instanceof StateError || why instanceof AbortedError || why instanceof SerializationError
    if (this.#state === 'open' && why instanceof ClientError && !isKnown) this.#fail(why)
  }

  /** Why nothing of the open transaction can be committed any more. */
  get trouble(): ClientError | null {
    return this.#trouble
  }

  /** Offsets that are committed with the transaction, for the group whose member consumed up to them. */
  async sendOffsets(offsets: OffsetsToCommit, group: GroupMetadata, patience: Patience): Promise<void> {
    this.checkOpen()
    await this.#guarded(async () => {
      this.#isBegun = true
      if (this.#addsExplicitly) await this.#calls.addOffsets(group.groupId, patience)
      await this.#calls.commitOffsets(offsets, group, this.#addsExplicitly, patience)
    })
  }

  /** `drained` resolves when every batch of the transaction is done. */
  async commit(drained: () => Promise<void>, patience: Patience): Promise<void> {
    if (this.#state !== 'committing') this.checkOpen()
    this.#state = 'committing'
    await this.#guarded(async () => {
      await patience.race(drained())
      if (this.#state !== 'committing') throw this.#trouble!
      await this.#end(true, patience)
    })
  }

  /** `drop` gives up what was not sent; `settled` resolves when nothing is on its way. */
  async abort(drop: () => void, settled: () => Promise<void>, patience: Patience): Promise<void> {
    if (this.#state === 'fatal') throw this.#trouble!
    if (this.#state !== 'open' && this.#state !== 'failed' && this.#state !== 'aborting') {
      throw this.#misplaced('abortTransaction', this.#whyNotReady())
    }
    this.#state = 'aborting'
    drop()
    await this.#guarded(async () => {
      await patience.race(settled())
      await this.#end(false, patience)
    })
  }

  async #end(isCommit: boolean, patience: Patience): Promise<void> {
    const { ids } = this.#options
    if (this.#isBegun) {
      const bumped = await this.#calls.end(isCommit, this.#addsExplicitly, patience)
      if (bumped) ids.set(bumped)
      this.#isBegun = false
      // With explicit adding the epoch stays; where the broker misses batches only another one can go on.
      if (bumped) this.#needsNewEpoch = false
    }
    if (this.#needsNewEpoch) await this.#becomeKnown(patience, ids.identity)
    this.#added.clear()
    this.#toAdd.clear()
    this.#state = 'ready'
    this.#trouble = null
  }

  async #becomeKnown(patience: Patience, known: ProducerIds['identity']): Promise<void> {
    this.#options.ids.set(await this.#calls.initialize(known, patience))
    this.#needsNewEpoch = false
  }

  async #addPartitions(): Promise<void> {
    if (this.#isAdding) return
    this.#isAdding = true
    const { cluster } = this.#options
    const patience = cluster.patience('adding partitions to the transaction', { signal: cluster.lifetime.signal })
    try {
      while (this.#toAdd.size > 0 && !this.hasFailed) {
        const lanes = [...this.#toAdd.values()]
        this.#isBegun = true
        await this.#calls.addPartitions(lanes, patience)
        for (const { name } of lanes) {
          this.#toAdd.delete(name)
          this.#added.add(name)
        }
      }
    } catch (thrown) {
      if (!cluster.lifetime.isOver) this.#fail(thrown as ClientError)
    } finally {
      this.#isAdding = false
      this.#options.wake()
    }
  }

  /** As `act`; what it throws is remembered where it ends the transaction or the producer. */
  async #guarded(act: () => Promise<void>): Promise<void> {
    try {
      await act()
    } catch (thrown) {
      const error = thrown as ClientError
      if (error.fatal || error.abortable) this.#fail(error)
      throw thrown
    }
  }

  #fail(error: ClientError): void {
    if (this.#state === 'fatal') return
    if (error.fatal) {
      this.#state = 'fatal'
      this.#trouble = error
    } else if (this.#state === 'open' || this.#state === 'committing') {
      this.#state = 'failed'
      this.#trouble = error
    }
    this.#options.wake()
  }

  #whyNotReady(): string {
    switch (this.#state) {
      case 'none':
        return 'initTransactions comes first'
      case 'ready':
        return 'no transaction is open'
      case 'open':
        return 'one is open already'
      case 'failed':
        return 'the one that is open has failed, and abortTransaction comes first'
      case 'committing':
        return 'the end of the one before is not known yet: call commitTransaction again'
      case 'aborting':
        return 'the end of the one before is not known yet: call abortTransaction again'
      case 'fatal':
        return `this producer cannot go on: ${this.#trouble?.message}`
    }
  }

  #misplaced(method: string, why: string): ClientError {
    if (this.#state === 'fatal') return this.#trouble!
    return new StateError('INVALID_STATE', `${method} makes no sense now: ${why}`)
  }
}
