// Carries out what the quorum decides, in its order: votes to their file, batches to the log, asks to their peers, answers to those who asked. One event
// after the other: what an event set off is done before the next one is looked at, so the quorum always sees its log as it is.

import { unreachable } from '../base/assert.ts'
import { type Deferred, deferred } from '../base/deferred.ts'
import type { Appended } from '../machine/machine.ts'
import type { Timer } from '../platform/clock.ts'
import { ConnectRefused } from '../platform/network.ts'
import type { Platform } from '../platform/platform.ts'
import { KafkaError } from '../protocol/errors.ts'
import { RecordBatch } from '../protocol/records/batch.ts'
import type { Peer, QuorumApi, QuorumApis, QuorumPeers } from './peers.ts'
import type { Answer, Ask, ChangeAsk, ShortAsk, SnapshotPiece } from './quorum/events.ts'
import { isVoter } from './quorum/state.ts'
import { type Moment, nextTick, type QuorumEffect, type QuorumEvent, type QuorumState, step } from './quorum.ts'
import { saveVote } from './quorum-state.ts'
import type { ReplicaLog } from './replica-log.ts'
import { requireSameVoters } from './same-voters.ts'
import { DamagedSnapshot, type SnapshotId } from './snapshot.ts'
import { SnapshotDownload } from './snapshot-bytes.ts'
import { answerOf } from './wire/answers.ts'
import { refusal } from './wire/common.ts'
import { type Asker, requestOf } from './wire/requests.ts'

export interface DriverOptions {
  readonly platform: Pick<Platform, 'clock' | 'disk' | 'logger' | 'random'>
  readonly log: ReplicaLog
  readonly state: QuorumState
  readonly peers: QuorumPeers
  readonly clusterId: string | null
  readonly hooks: DriverHooks
}

/** What the owner has to know, in the turn in which it happens. */
export interface DriverHooks {
  /** Every batch that went into the log, with its offsets. */
  readonly onAppend: (batch: RecordBatch) => void
  /** The log was cut; what lies behind `offset` is gone. */
  readonly onTruncate: (offset: number) => void
  /** Resolves, where it takes a while, when everybody was told. */
  readonly onCommit: (offset: number) => void | Promise<void>
  readonly onRole: (role: { isLeader: boolean; leaderId: number | null; epoch: number }) => void
  readonly onRestored: (id: SnapshotId) => void
  /** This node must not take part any more. */
  readonly onStop: (why: KafkaError) => void
}

export class QuorumDriver {
  readonly #options: DriverOptions
  readonly #asker: Asker
  readonly #download: SnapshotDownload
  readonly #events: QuorumEvent[] = []
  #effects: QuorumEffect[] = []
  #isPumping = false
  #isWaiting = false
  #isStopped = false
  #timer: { readonly at: number; readonly timer: Timer } | null = null
  readonly #askers = new Map<number, Deferred<Answer>>()
  #nextKey = 0
  /** Farewells that are not answered yet. */
  readonly #farewells = new Set<Promise<void>>()
  /** Who waits until there is nothing more to do. */
  readonly #resters: (() => void)[] = []
  /** The epoch in which appends are taken: from the turn in which the owner hears that this node leads. */
  #leadsIn = -1

  constructor(options: DriverOptions) {
    const { state, log, clusterId, platform } = options
    this.#options = options
    const { self, listener, timeouts } = state.settings
    this.#asker = { clusterId, self, listener, requestTimeoutMs: timeouts.requestTimeoutMs }
    this.#download = new SnapshotDownload(platform.disk, log.dir)
  }

  /** Takes part from now on. */
  start(): void {
    this.handle({ kind: 'start' })
  }

  handle(event: QuorumEvent): void {
    if (this.#isStopped) return
    this.#events.push(event)
    this.#pump()
  }

  /** The answer to what another member asks. Rejects where this node stops before. */
  ask(ask: ShortAsk): Promise<Answer> {
    return this.#asked((key) => ({ kind: 'asked', key, ask }))
  }

  /** What comes of a change of the voters; it may take until its record is committed. Rejects where this node stops before. */
  change(ask: ChangeAsk): Promise<Answer> {
    return this.#asked((key) => ({ kind: 'changeAsked', key, ask }))
  }

  #asked(event: (key: number) => QuorumEvent): Promise<Answer> {
    if (this.#isStopped) return Promise.reject(stopped())
    const key = this.#nextKey++
    const asker = deferred<Answer>()
    this.#askers.set(key, asker)
    this.handle(event(key))
    return asker.promise
  }

  /** A leader's batch: into the log at once, on the device soon, committed when a majority has it. Throws where the log does, with nothing changed. */
  append(bytes: Uint8Array): Appended {
    const { state } = this.#options
    if (this.#isStopped || this.#leadsIn !== state.epoch || state.role !== 'leader')
      throw new KafkaError('NOT_CONTROLLER', 'this node does not lead the metadata quorum')
    return this.#write(bytes, state.epoch)
  }

  /** Steps down; resolves when the voters were told, or cannot be. */
  async resign(epoch: number): Promise<void> {
    this.handle({ kind: 'resign', epoch })
    // A slow disk may keep it from that for a while.
    if (this.#isWaiting && !this.#isStopped) await new Promise<void>((resolve) => this.#resters.push(resolve))
    await Promise.allSettled(this.#farewells)
  }

  /** Takes part no longer, at once. Who still waits for an answer is refused. */
  stop(): void {
    this.#isStopped = true
    this.#events.length = 0
    this.#effects.length = 0
    this.#timer?.timer.cancel()
    this.#timer = null
    for (const asker of this.#askers.values()) asker.reject(stopped())
    this.#askers.clear()
    this.#rest()
    const { logger } = this.#options.platform
    this.#download.end().catch((thrown: unknown) => logger.debug('an unfinished snapshot could not be closed', { error: thrown }))
  }

  // ---- events and effects, one after the other

  #pump(): void {
    if (this.#isPumping || this.#isWaiting) return
    this.#isPumping = true
    try {
      while (!this.#isStopped && this.#next());
    } finally {
      this.#isPumping = false
    }
    if (this.#isWaiting) return
    this.#arm()
    this.#rest()
  }

  /** There is nothing more to do at the moment. */
  #rest(): void {
    for (const resume of this.#resters.splice(0)) resume()
  }

  /** Whether there is more to do in this turn. */
  #next(): boolean {
    const effect = this.#effects.shift()
    if (!effect) {
      const event = this.#events.shift()
      if (!event) return false
      this.#effects = this.#guarded(event, () => step(this.#options.state, event, this.#moment())) ?? []
      return true
    }
    const work = this.#guarded(effect, () => this.#carryOut(effect))
    if (!work) return true
    this.#isWaiting = true
    work.then(
      () => this.#goOn(),
      (thrown: unknown) => this.#fail(effect, thrown),
    )
    return false
  }

  /** What should never throw, and did, must not be gone on from. */
  #guarded<T>(doing: { readonly kind: string }, act: () => T): T | undefined {
    try {
      return act()
    } catch (thrown) {
      this.#fail(doing, thrown)
      return undefined
    }
  }

  #goOn(): void {
    this.#isWaiting = false
    this.#pump()
  }

  /** Nothing may follow from what could not be carried out. */
  #fail({ kind }: { readonly kind: string }, thrown: unknown): void {
    this.#isWaiting = false
    if (this.#isStopped) return
    const { logger } = this.#options.platform
    logger.error('the metadata quorum cannot go on', { doing: kind, error: thrown })
    const why = thrown instanceof Error ? thrown.message : String(thrown)
    this.#stopWith(new KafkaError('KAFKA_STORAGE_ERROR', `the metadata log failed: ${why}`, { cause: thrown }))
  }

  #stopWith(why: KafkaError): void {
    this.stop()
    this.#options.hooks.onStop(why)
  }

  #moment(): Moment {
    const { clock, random } = this.#options.platform
    return { now: clock.monotonic(), timestamp: clock.now(), chance: () => random.next() }
  }

  #arm(): void {
    if (this.#isStopped) return
    const { clock } = this.#options.platform
    const now = clock.monotonic()
    const at = nextTick(this.#options.state, now)
    if (this.#timer?.at === at) return
    this.#timer?.timer.cancel()
    this.#timer = null
    if (at === Number.POSITIVE_INFINITY) return
    const timer = clock.after(Math.max(0, at - now), () => {
      this.#timer = null
      this.handle({ kind: 'tick' })
    })
    this.#timer = { at, timer }
  }

  #carryOut(effect: QuorumEffect): Promise<void> | undefined {
    const { hooks, log } = this.#options
    switch (effect.kind) {
      case 'saveVote':
        return this.#saveVote(effect.vote)
      case 'write':
        this.#write(effect.batch, effect.epoch)
        return undefined
      case 'follow':
        this.#follow(effect.records)
        return undefined
      case 'truncate':
        return this.#truncate(effect.offset)
      case 'storePiece':
        return this.#store(effect.piece)
      case 'restore':
        return this.#restore(effect.id)
      case 'commit':
        return hooks.onCommit(effect.offset) ?? undefined
      case 'role':
        this.#tellRole(effect)
        return undefined
      case 'send':
        this.#send(effect)
        return undefined
      case 'answer':
        this.#askers.get(effect.key)?.resolve(effect.answer)
        this.#askers.delete(effect.key)
        return undefined
      case 'stop':
        log.retire()
        this.#stopWith(new KafkaError('KAFKA_STORAGE_ERROR', effect.why))
        return undefined
      default:
        return unreachable(effect)
    }
  }

  #tellRole({ role, epoch, leaderId }: Extract<QuorumEffect, { kind: 'role' }>): void {
    const { hooks, platform } = this.#options
    const isLeader = role === 'leader'
    this.#leadsIn = isLeader ? epoch : -1
    platform.logger.info('the metadata quorum', { role, epoch, leader: leaderId })
    hooks.onRole({ isLeader, epoch, leaderId })
  }

  // ---- the log

  #write(bytes: Uint8Array, epoch: number): Appended {
    const { log, hooks } = this.#options
    const batch = new RecordBatch(bytes)
    const appended = log.append(batch, epoch)
    hooks.onAppend(batch)
    return appended
  }

  #follow(records: Uint8Array): void {
    const { log, state, hooks, platform } = this.#options
    try {
      if (isVoter(state) && !log.votersInLog) requireSameVoters(records, state.epoch, log.voters)
      for (const batch of log.follow(records, state.epoch)) hooks.onAppend(batch)
      this.#events.unshift({ kind: 'log' })
    } catch (thrown) {
      if (!(thrown instanceof KafkaError)) throw thrown
      platform.logger.error('what the leader of the metadata log sent cannot be taken', {
        leader: state.leaderId,
        epoch: state.epoch,
        why: thrown.message,
      })
      this.#events.unshift({ kind: 'refused' })
    }
  }

  async #truncate(offset: number): Promise<void> {
    const { log, hooks, platform } = this.#options
    platform.logger.warn('the metadata log is cut to follow its leader', { from: log.endOffset, to: offset })
    await log.truncate(offset)
    hooks.onTruncate(log.endOffset)
    this.#events.unshift({ kind: 'log' })
  }

  async #store(piece: SnapshotPiece): Promise<void> {
    try {
      if (await this.#download.add(piece)) await this.#restore(piece.id)
      else this.#events.unshift({ kind: 'log' })
    } catch (thrown) {
      if (!(thrown instanceof DamagedSnapshot)) throw thrown
      this.#options.platform.logger.error('a snapshot of the metadata came damaged', { why: thrown.message })
      this.#events.unshift({ kind: 'refused' })
    }
  }

  async #restore(id: SnapshotId): Promise<void> {
    const { log, hooks, platform } = this.#options
    await log.restore(id)
    platform.logger.info('the metadata log goes on behind a snapshot of its leader', { endOffset: id.endOffset, epoch: id.epoch })
    hooks.onTruncate(0)
    hooks.onRestored(id)
    this.#events.unshift({ kind: 'log' })
  }

  #saveVote(vote: Parameters<typeof saveVote>[2]): Promise<void> {
    const { platform, log } = this.#options
    return saveVote(
      platform.disk,
      log.dir,
      vote,
      log.kraftVersion,
      log.voters.map(({ id }) => id),
    )
  }

  // ---- peers

  #send({ to, ask, attempt }: Extract<QuorumEffect, { kind: 'send' }>): void {
    const sent = this.#exchange(to, ask).then((came) => this.handle({ kind: 'answered', ask, to, attempt, ...came }))
    if (ask.kind !== 'endEpoch') return
    const farewell = sent.finally(() => this.#farewells.delete(farewell))
    this.#farewells.add(farewell)
  }

  /** What comes in time. */
  async #exchange(to: Peer, ask: Ask): Promise<{ answer: Answer | null; isRefused?: boolean }> {
    const { platform, peers, state } = this.#options
    const { api, request } = requestOf(ask, this.#asker)
    const late = deferred<null>()
    const timer = platform.clock.after(state.settings.timeouts.requestTimeoutMs, () => late.resolve(null))
    try {
      const answer = peers.send(to, api, request as QuorumApis[QuorumApi]['request']).then((response) => answerOf(api, response))
      return { answer: await Promise.race([answer, late.promise]) }
    } catch (thrown) {
      // A leader that serves no such request says no less than one that refuses it.
      const isUnserved = thrown instanceof KafkaError && thrown.error === 'UNSUPPORTED_VERSION'
      if (isUnserved && ask.kind === 'updateVoter') return { answer: refusal(thrown.error) }
      platform.logger.debug('a member of the metadata quorum did not answer', { to, api, error: thrown })
      return { answer: null, isRefused: thrown instanceof ConnectRefused }
    } finally {
      timer.cancel()
    }
  }
}

function stopped(): KafkaError {
  return new KafkaError('BROKER_NOT_AVAILABLE', 'this node takes part in the metadata quorum no longer')
}
