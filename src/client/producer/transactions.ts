// A transactional producer's part of the protocol: who it is to its coordinator, which transaction is open, and what ended it (KIP-98, KIP-360, KIP-890).
// It is decided here when batches may leave; they leave in `sender.ts`.

import type { Cluster } from '../cluster/cluster.ts'
import { AbortedError, ClientError, SerializationError, StateError, TransactionAbortedError } from '../errors/index.ts'
import type { Patience } from '../patience.ts'
import type { Lane } from './lane.ts'
import { OpenTransaction } from './open-transaction.ts'
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

/** The coordinator knows no producer with this id under the transactional id, and takes no end from it. */
const FORGOTTEN = 'INVALID_PRODUCER_ID_MAPPING'

export class Transactions {
  readonly transactionalId: string
  readonly #options: TransactionsOptions
  readonly #calls: TransactionCalls
  #state: State = 'none'
  #trouble: ClientError | null = null
  #transaction: OpenTransaction | null = null
  /** The broker may miss batches, or the coordinator may have something open: numbering has to begin anew after the end. */
  #needsNewEpoch = false

  constructor(options: TransactionsOptions) {
    this.transactionalId = options.transactionalId
    this.#options = options
    this.#calls = new TransactionCalls({ ...options, onUnknown: () => this.#transaction?.beginPerhaps() })
  }

  /** Partitions have to be added by a request of their own before anything is sent to them. */
  get addsExplicitly(): boolean {
    return this.#transaction?.addsExplicitly ?? false
  }

  get isEnding(): boolean {
    return this.#state === 'committing' || this.#state === 'aborting'
  }

  /** Nothing of the open transaction can be committed any more. */
  get hasFailed(): boolean {
    return this.#state === 'failed' || this.#state === 'aborting' || this.#state === 'fatal'
  }

  /** This producer cannot go on. */
  get isFatal(): boolean {
    return this.#state === 'fatal'
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
    this.#transaction = new OpenTransaction({
      cluster: this.#options.cluster,
      calls: this.#calls,
      addsExplicitly: this.#calls.transactionVersion < IMPLICIT,
      onAdded: this.#options.wake,
      onFailed: (why) => this.#fail(why),
    })
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
    const transaction = this.#transaction!
    if (transaction.has(lane)) return true
    if (!this.hasFailed) transaction.add(lane)
    return false
  }

  /** A batch leaves: from now on there is something to end. */
  sending(): void {
    this.#transaction!.begin()
  }

  /** A batch with numbers was given up: numbering has to begin anew after the end. */
  gapLeft(): void {
    this.#needsNewEpoch = true
  }

  /** A batch will not be in the log, or nobody knows: the transaction can only be aborted. */
  batchFailed(error: ClientError): void {
    this.gapLeft()
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
    await this.#guarded(() => this.#transaction!.sendOffsets(offsets, group, patience, () => this.checkOpen()))
  }

  /** `drained` resolves when every batch of the transaction is done. */
  async commit(drained: () => Promise<void>, patience: Patience): Promise<void> {
    if (this.#state !== 'committing') {
      this.checkOpen()
      await patience.race(this.#transaction!.offsetsSettled())
      this.checkOpen()
      this.#transaction!.checkOffsets()
    }
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
    this.#transaction!.stop(new TransactionAbortedError())
    drop()
    await this.#guarded(async () => {
      await patience.race(settled())
      await patience.race(this.#transaction!.settled())
      await this.#end(false, patience)
    })
  }

  async #end(isCommit: boolean, patience: Patience): Promise<void> {
    const { ids } = this.#options
    const transaction = this.#transaction!
    const isForgotten = this.#trouble?.code === FORGOTTEN
    // Whoever asks anew who it is aborts what is open, too: also what nobody knows of, and where an end is not taken from this producer.
    if (!isCommit && (transaction.begun === 'maybe' || isForgotten)) this.#needsNewEpoch = true
    else if (transaction.begun !== 'no') {
      const bumped = await this.#endKnown(isCommit, patience)
      if (bumped) ids.set(bumped)
      // Where partitions are added explicitly the epoch stays; where the broker misses batches only another one can go on.
      if (bumped) this.#needsNewEpoch = false
    }
    transaction.ended()
    if (this.#needsNewEpoch) await this.#becomeKnown(patience, ids.identity)
    this.#transaction = null
    this.#state = 'ready'
    this.#trouble = null
  }

  async #endKnown(isCommit: boolean, patience: Patience): Promise<ProducerIds['identity']> {
    try {
      return await this.#calls.end(isCommit, this.addsExplicitly, patience)
    } catch (thrown) {
      if (isCommit || (thrown as ClientError).code !== FORGOTTEN) throw thrown
      this.#needsNewEpoch = true
      return null
    }
  }

  async #becomeKnown(patience: Patience, known: ProducerIds['identity']): Promise<void> {
    this.#options.ids.set(await this.#calls.initialize(known, patience))
    this.#needsNewEpoch = false
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
      this.#transaction?.stop(error)
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
