// Runs one machine over one log: decide, append, apply, park, answer at commit. Append comes before apply, so a refused append leaves
// nothing to undo; a read is a write with no records, so it waits for what it saw; both take one path, so answers leave in order.

import { type Deferred, deferred } from '../base/deferred.ts'
import type { Clock, Timer } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import type { Compression } from '../protocol/compression/index.ts'
import { type ErrorName, KafkaError } from '../protocol/errors.ts'
import type { Decision, Effect, RecordCodec, RecordMeta, ReplicatedLog, Runtime, StateMachine } from './machine.ts'
import { decide } from './machine.ts'
import { buildMarker } from './markers.ts'
import { type CommitWait, ParkedAnswers } from './parked.ts'
import { batchesOf, type EncodedBatch, type Producer } from './record-batches.ts'
import { Replay } from './replay.ts'
import { Timers } from './timers.ts'

export type { Producer } from './record-batches.ts'

export interface RuntimeOptions<M extends StateMachine<R>, R> {
  /** For the operator: `group coordinator __consumer_offsets-3`. */
  readonly name: string
  /** A machine with nothing in it; called for every load. */
  readonly create: () => M
  /** Fills a fresh machine from a snapshot and gives the offset to replay from. Default: nothing, from the log's start. */
  readonly restore?: (machine: M) => Promise<number>
  readonly log: ReplicatedLog
  readonly codec: RecordCodec<R>
  readonly clock: Clock
  readonly logger: Logger
  /** A decision's batch may not be larger (uncompressed, in bytes); asked for every write, since configurations change. */
  readonly maxBatchBytes: () => number
  readonly compression?: Compression
  /** What a command gets before `load` was called, while it runs, and after a failure of the machine. */
  readonly errors?: { readonly inactive: ErrorName; readonly loading: ErrorName }
  /** How long an answer waits for its commit; then it is REQUEST_TIMED_OUT, and what was decided stays in the log. Missing: as long as it takes. */
  readonly commitTimeoutMs?: number
  /** The machine unloaded itself because of a bug or a damaged log; the owner decides whether to load it anew. */
  readonly onFailed?: (why: Error) => void
}

export interface WriteOptions {
  /** Records of a transaction: they count once `endTransaction` of the same producer was written. */
  readonly producer?: Producer
}

/** What was decided is in the log, and its commit takes too long. */
class LateCommit extends KafkaError {}

/** A timer whose decision could not be appended is tried again after this time. */
const TIMER_RETRY_MS = 1000

export class MachineRuntime<M extends StateMachine<R>, R> implements Runtime<M, R> {
  readonly #options: RuntimeOptions<M, R>
  readonly #parked = new ParkedAnswers()
  readonly #timers: Timers
  #machine: M | null = null
  #refusal: KafkaError
  /** The leader epoch that the machine was loaded in. */
  #leaderEpoch = -1
  #isRetired = false
  /** Refuses those whose commit takes too long. */
  #sweep: Timer | null = null
  /** Counts loads and resignations, so that a load that was overtaken notices. */
  #term = 0

  constructor(options: RuntimeOptions<M, R>) {
    this.#options = options
    this.#refusal = new KafkaError(this.#errors.inactive, `${options.name} is not loaded`)
    this.#timers = new Timers(options.clock, (key) => this.#timerDue(key))
    options.log.onCommit((committedOffset) => this.#parked.drain(committedOffset))
    options.log.onRetired((why) => this.#retire(why))
  }

  get #errors(): { inactive: ErrorName; loading: ErrorName } {
    return this.#options.errors ?? { inactive: 'NOT_COORDINATOR', loading: 'COORDINATOR_LOAD_IN_PROGRESS' }
  }

  /** The machine while it is loaded, for looking at it without waiting (metrics, tests). */
  get machine(): M | null {
    return this.#machine
  }

  /**
   * Replays the log to its end, then takes commands. Resolves false where a `resign` or another `load` came in between, or the log is over.
   * Rejects, with the machine unloaded, where the log could not be read.
   */
  async load(): Promise<boolean> {
    if (this.#isRetired) return false
    this.resign(new KafkaError(this.#errors.loading, `${this.#options.name} is loading`))
    const term = this.#term
    const { log, codec, clock, logger, name } = this.#options
    this.#leaderEpoch = log.leaderEpoch
    const machine = this.#options.create()
    try {
      const from = (await this.#options.restore?.(machine)) ?? log.startOffset
      const replay = new Replay({ machine, log, codec, clock, logger, name, from, stopped: () => this.#term !== term })
      if (!(await replay.toEnd())) return false
    } catch (thrown) {
      if (this.#term !== term) return false
      this.#fail(thrown, 'could not be loaded')
      throw thrown
    }
    // No turn of the event loop lies between the end of the replay and here, so nothing was appended that the machine has not seen.
    this.#machine = machine
    this.#carryOut(machine.onLoaded?.(clock.now()) ?? [])
    return true
  }

  /** Fails everything parked, and all commands from now on, with `why`; the machine is unloaded. */
  resign(why: KafkaError): void {
    const machine = this.#machine
    this.#term++
    this.#machine = null
    this.#refusal = why
    this.#timers.cancelAll()
    this.#parked.failAll(why)
    this.#sweep?.cancel()
    this.#sweep = null
    machine?.onUnloaded?.()
  }

  // What was parked would wait for a commit that never comes, and refusals behind it too.
  #retire(why: KafkaError): void {
    this.#isRetired = true
    this.resign(new KafkaError(this.#errors.inactive, `${this.#options.name} is over: ${why.message}`, { cause: why }))
  }

  /**
   * Runs a command and answers once what it wrote and saw is committed. A command that throws is refused with what it threw, and a refused
   * append with the log's error; neither changed anything. Throws RECORD_LIST_TOO_LARGE where an atomic decision does not fit one batch.
   */
  write<T>(command: (machine: M, now: number) => Decision<R, T>, options: WriteOptions = {}): Promise<T> {
    const machine = this.#current()
    if (machine instanceof KafkaError) return Promise.reject(machine)
    const asker = deferred<T>()
    try {
      const now = this.#options.clock.now()
      this.#carry(machine, command(machine, now), now, asker, options)
    } catch (thrown) {
      this.#refuse(machine, asker as Deferred<never>, thrown)
    }
    this.#answer()
    return asker.promise
  }

  /** A write with no records: it waits for what it saw to be committed. */
  read<T>(look: (machine: M, now: number) => T): Promise<T> {
    return this.write((machine, now) => decide(look(machine, now)))
  }

  /**
   * Writes the marker that ends a producer's transaction in this log, and resolves once it is committed.
   * @param coordinatorEpoch of the transaction coordinator; an older one than the log has seen is refused by the log (KIP-98).
   */
  endTransaction(producer: Producer, coordinatorEpoch: number, committed: boolean): Promise<void> {
    const machine = this.#current()
    if (machine instanceof KafkaError) return Promise.reject(machine)
    const asker = deferred<void>()
    try {
      this.#options.log.append(buildMarker(producer, coordinatorEpoch, committed, this.#options.clock.now()))
      this.#guarded(() => machine.endTransaction?.(producer.producerId, producer.producerEpoch, committed))
      this.#parked.park(this.#commitWait(), asker, { kind: 'now', value: undefined }, [])
    } catch (thrown) {
      this.#refuse(machine, asker as Deferred<never>, thrown)
    }
    this.#answer()
    return asker.promise
  }

  /**
   * The machine that commands go to, or why there is none. Word of another leader may come here a moment after the log knows of it: by then the log may
   * have another end, what this machine holds may be cut off, and what is committed may not be what was parked.
   */
  #current(): M | KafkaError {
    const { log, name } = this.#options
    if (!this.#machine || log.leaderEpoch === this.#leaderEpoch) return this.#machine ?? this.#refusal
    return new KafkaError(
      this.#errors.loading,
      `${name} was loaded in leader epoch ${this.#leaderEpoch}; the log is in ${log.leaderEpoch}`,
    )
  }

  #carry<T>(machine: M, decision: Decision<R, T>, now: number, asker: Deferred<T>, { producer }: WriteOptions): void {
    const { codec, compression, maxBatchBytes } = this.#options
    const effects = decision.effects ?? []
    if (decision.records.length > 0) {
      const batches = batchesOf(decision.records, codec, {
        maxBatchBytes: maxBatchBytes(),
        timestamp: now,
        atomic: decision.atomic ?? true,
        ...(compression ? { compression } : {}),
        ...(producer ? { producer } : {}),
      })
      for (const batch of batches) this.#appendAndApply(machine, batch, now, producer)
    }
    this.#parked.park(this.#commitWait(), asker, decision.reply, effects)
    this.#carryOut(effects)
  }

  #commitWait(): CommitWait {
    const { log, clock, commitTimeoutMs = Number.POSITIVE_INFINITY } = this.#options
    return { offset: log.endOffset, deadline: clock.monotonic() + commitTimeoutMs }
  }

  /** Answers those whose commit is there, and sees to it that nobody else waits for too long. */
  #answer(): void {
    const { log, clock } = this.#options
    this.#parked.drain(log.committedOffset)
    const due = this.#parked.nextDeadline
    if (this.#sweep || due === Number.POSITIVE_INFINITY) return
    this.#sweep = clock.after(Math.max(1, due - clock.monotonic()), () => this.#refuseLate())
  }

  #refuseLate(): void {
    const { name, clock, commitTimeoutMs } = this.#options
    this.#sweep = null
    const why = `${name}: the other replicas did not take what was written within ${commitTimeoutMs} ms`
    this.#parked.expire(clock.monotonic(), new LateCommit('REQUEST_TIMED_OUT', why))
    this.#answer()
  }

  /** A refusal may rest on what is not committed yet, so it waits its turn; only where the machine is gone nobody would call it. */
  #refuse(machine: M, asker: Deferred<never>, why: unknown): void {
    if (this.#machine !== machine) asker.reject(why)
    else this.#parked.refuse(this.#commitWait(), asker, why)
  }

  #appendAndApply(machine: M, { bytes, records }: EncodedBatch<R>, timestamp: number, producer: Producer | undefined): void {
    const { log } = this.#options
    const { baseOffset } = log.append(bytes)
    const common = {
      timestamp,
      leaderEpoch: log.leaderEpoch,
      producerId: producer?.producerId ?? -1,
      producerEpoch: producer?.producerEpoch ?? -1,
      isTransactional: producer !== undefined,
    }
    this.#guarded(() => {
      for (let i = 0; i < records.length; i++) {
        const meta: RecordMeta = { offset: baseOffset + i, ...common }
        machine.apply(records[i]!, meta)
      }
    })
  }

  /** A machine that could not apply what is in the log no longer equals its log: it is unloaded. */
  #guarded(apply: () => void): void {
    try {
      apply()
    } catch (thrown) {
      this.#fail(thrown, 'could not apply what it wrote; this is a bug')
      throw this.#refusal
    }
  }

  #fail(thrown: unknown, what: string): void {
    const { logger, name, onFailed } = this.#options
    const why = thrown instanceof Error ? thrown : new Error(String(thrown))
    logger.error(`${name} ${what}`, { error: why.stack ?? why.message })
    this.resign(new KafkaError(this.#errors.inactive, `${name} ${what}`, { cause: why }))
    onFailed?.(why)
  }

  /** Timers at once; answers were bound to their askers when the decision was parked. */
  #carryOut(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.kind === 'timer') this.#timers.arm(effect.key, effect.afterMs)
      else if (effect.kind === 'cancelTimer') this.#timers.cancel(effect.key)
    }
  }

  #timerDue(key: string): void {
    const term = this.#term
    this.write((machine, now) => machine.onTimer?.(key, now) ?? decide<R, void>(undefined)).catch((why) => {
      if (this.#term !== term || why instanceof LateCommit) return
      this.#options.logger.warn(`${this.#options.name}: what was due could not be written, trying again`, {
        timer: key,
        error: String(why),
      })
      this.#timers.arm(key, TIMER_RETRY_MS)
    })
  }
}
