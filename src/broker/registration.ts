// A broker's place in its cluster (KIP-631): registered and fenced first, then serving for as long as its heartbeats come, then gone in peace.

import { deferred } from '../base/deferred.ts'
import { registeredFeatures, unsupportedLevels } from '../metadata/features.ts'
import type { Clock, Timer } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import { errorCode, errorName, KafkaError } from '../protocol/errors.ts'
import { BrokerHeartbeatRequest, BrokerHeartbeatResponse } from '../protocol/messages/broker-heartbeat.ts'
import { BrokerRegistrationRequest, BrokerRegistrationResponse } from '../protocol/messages/broker-registration.ts'
import type { ControllerClient } from './controller-client.ts'
import type { OwnController } from './own-controller.ts'

export interface BrokerIdentity {
  readonly nodeId: number
  readonly clusterId: string
  /** New with every start of the process. */
  readonly incarnationId: string
  readonly rack: string | null
  readonly directoryIds: readonly string[]
  /** What the last clean stop left; -1 after a crash. */
  readonly previousEpoch: number
  readonly endpoints: readonly { readonly name: string; readonly host: string; readonly port: number }[]
}

export interface LifeSettings {
  /** broker.heartbeat.interval.ms */
  readonly heartbeatMs: () => number
  /** broker.session.timeout.ms: a heartbeat that was not answered within it is too late anyway. */
  readonly sessionMs: () => number
  /** initial.broker.registration.timeout.ms */
  readonly registrationMs: number
  /** False for a broker that nobody watches: the only controller is in its own process. */
  readonly isWatched: boolean
}

export interface RegistrationRooms {
  readonly controller: ControllerClient
  readonly ownController: Pick<OwnController, 'isActive' | 'onceConfirmed'>
  readonly identity: BrokerIdentity
  readonly settings: LifeSettings
  readonly clock: Clock
  readonly logger: Logger
  /** How far this broker has acted on the metadata: everything below. */
  readonly publishedOffset: () => number
  /** Resolves when it has acted on everything below `offset`. */
  readonly reached: (offset: number) => Promise<void>
  /** The cluster's features, as far as this broker knows the metadata. */
  readonly features: () => ReadonlyMap<string, number>
  /** How many partitions nobody leads that this broker may lead. */
  readonly unled: () => number
  /** Whether the metadata name another process as this broker. */
  readonly isReplaced: () => boolean
  /** Directory ids of those that failed. */
  readonly offlineDirs: () => readonly string[]
  /** Whether the metadata counts one of these as working: one decision changes so many partitions at most. */
  readonly isLossUntold: () => boolean
}

const PLAINTEXT = 0
const REGISTRATION = { request: BrokerRegistrationRequest, response: BrokerRegistrationResponse }
const HEARTBEAT = { request: BrokerHeartbeatRequest, response: BrokerHeartbeatResponse }
/** The first pause after a refusal; it doubles up to the interval of heartbeats. */
const FIRST_PAUSE_MS = 100
/** Who leaves does not wait longer for an answer: when all of a cluster stop, the last ones have no controller any more. */
const FAREWELL_MS = 5000
/** How soon a broker asks again that is about to leave, or has more to take back. */
const NEXT_PAUSE_MS = 50
/** A controller answers a registration within one commit. */
const ATTEMPT_MS = 10_000
/** How often a broker whose place another process has says so again. */
const REMIND_MS = 600_000
/** The controller does not know this broker, or knows another life of it. */
const FORGOTTEN = [errorCode('STALE_BROKER_EPOCH'), errorCode('BROKER_ID_NOT_REGISTERED')]

interface Wish {
  readonly wantFence?: boolean
  readonly wantShutDown?: boolean
}

export class Registration {
  readonly #rooms: RegistrationRooms
  #epoch = -1
  #timer: Timer | null = null
  /** What the next heartbeat says should be heard at once. */
  #isHurried = false
  #isBeating = false
  /** Its heartbeats come by themselves. */
  #isServing = false
  #isFenced = true
  /** The controller does not know this process: somebody unregistered the broker, or another process took its place. */
  #isForgotten = false
  /** When the last heartbeat was sent to which a controller said that this broker serves. */
  #heardAt = Number.NEGATIVE_INFINITY
  /** When it was last told that another process has this broker's place. */
  #toldReplacedAt = Number.NEGATIVE_INFINITY
  #isLeaving = false
  #isOver = false

  constructor(rooms: RegistrationRooms) {
    this.#rooms = rooms
  }

  /** The broker epoch: the offset of its registration; -1 before. */
  get epoch(): number {
    return this.#epoch
  }

  /** What the controller said last. */
  get isFenced(): boolean {
    return this.#isFenced
  }

  /**
   * Whether a controller heard of this broker within its session. Where it did not, this process slept, or is cut off: others may lead by now what it
   * believes to lead.
   */
  get isHeard(): boolean {
    const { clock, settings } = this.#rooms
    return !settings.isWatched || clock.monotonic() - this.#heardAt <= settings.sessionMs()
  }

  /**
   * Registers, fenced: the cluster knows the broker and nobody uses it yet. What may pass is tried again, another process of this id that was just alive
   * above all. Throws INCONSISTENT_CLUSTER_ID where this is another cluster's directory, and the last refusal when the time for it is up.
   */
  async register(): Promise<void> {
    const { clock, logger, settings, identity, features } = this.#rooms
    const deadline = clock.monotonic() + settings.registrationMs
    for (let pauseMs = FIRST_PAUSE_MS; this.#epoch < 0 && !this.#isOver; ) {
      const answer = await this.#ask(Math.max(1, deadline - clock.monotonic()))
      if (!answer) continue
      const { errorCode: code, brokerEpoch } = answer
      this.#epoch = brokerEpoch
      if (code === 0) continue // an epoch, or word that more of its last life has to be put in order first
      const refusal = refusalOf(code, identity, features())
      if (refusal.error === 'INCONSISTENT_CLUSTER_ID' || clock.monotonic() + pauseMs >= deadline) throw refusal
      logger.info('the controller does not register this broker yet; it is tried again', { why: refusal.message })
      await this.#pause(pauseMs)
      pauseMs = Math.min(2 * pauseMs, settings.heartbeatMs())
    }
  }

  /** A connection that is half open must not use up the whole time. Null where another one is to be tried. */
  async #ask(leftMs: number): Promise<BrokerRegistrationResponse | null> {
    try {
      const { controller, identity } = this.#rooms
      return await controller.send(REGISTRATION, this.#registration(identity.previousEpoch), Math.min(leftMs, ATTEMPT_MS))
    } catch (thrown) {
      if (leftMs > ATTEMPT_MS && thrown instanceof KafkaError && thrown.error === 'REQUEST_TIMED_OUT') return null
      throw thrown
    }
  }

  #registration(previousBrokerEpoch: number) {
    const { nodeId, clusterId, incarnationId, rack, directoryIds, endpoints } = this.#rooms.identity
    return {
      brokerId: nodeId,
      clusterId,
      incarnationId,
      listeners: endpoints.map((endpoint) => ({ ...endpoint, securityProtocol: PLAINTEXT })),
      features: registeredFeatures(),
      rack,
      logDirs: directoryIds,
      previousBrokerEpoch,
    }
  }

  /** Serves, and leads where it may, from when it has acted on all that was said up to its registration; from then on it shows that it lives. */
  async unfence(): Promise<void> {
    const { publishedOffset, reached } = this.#rooms
    while (!this.#isOver) {
      const isCaughtUp = publishedOffset() > this.#epoch
      const answer = this.#isForgotten ? await this.#registerAgain() : await this.#beat({ wantFence: !isCaughtUp })
      if (answer && !answer.isFenced) break
      // One heartbeat at a time while it follows, so that a controller hears of it however long that takes.
      if (isCaughtUp) await this.#pause(FIRST_PAUSE_MS)
      else await Promise.race([reached(this.#epoch + 1), this.#pause(this.#rooms.settings.heartbeatMs())])
    }
    await this.#takeBack()
    this.#isServing = true
    this.#schedule(this.#rooms.settings.heartbeatMs())
  }

  /** One heartbeat gives back so many partitions at most: who has thousands need not wait for the next ones. */
  async #takeBack(): Promise<void> {
    const { unled, settings } = this.#rooms
    for (let left = unled(); left > 0 && !this.#isOver; ) {
      await this.#beat({})
      if (settings.isWatched) await this.#pause(NEXT_PAUSE_MS) // what was decided elsewhere has to come here first
      const now = unled()
      if (now >= left) return
      left = now
    }
  }

  /** Null where it was refused. */
  async #beat(wish: Wish, timeoutMs = this.#rooms.settings.sessionMs()): Promise<BrokerHeartbeatResponse | null> {
    const { controller, identity, publishedOffset, offlineDirs, ownController, clock, logger } = this.#rooms
    const sentAt = clock.monotonic()
    const wasOwn = ownController.isActive
    const body = {
      brokerId: identity.nodeId,
      brokerEpoch: this.#epoch,
      currentMetadataOffset: publishedOffset() - 1,
      wantFence: wish.wantFence ?? false,
      wantShutDown: wish.wantShutDown ?? false,
      offlineLogDirs: offlineDirs(),
    }
    const answer = await controller.send(HEARTBEAT, body, timeoutMs)
    if (answer.errorCode !== 0) {
      logger.warn('the controller refused a heartbeat', { error: errorName(answer.errorCode), epoch: this.#epoch })
      this.#isForgotten = FORGOTTEN.includes(answer.errorCode)
      return null
    }
    if (!answer.isFenced) this.#heard(sentAt, wasOwn || ownController.isActive)
    if (answer.isFenced !== this.#isFenced) {
      this.#isFenced = answer.isFenced
      if (!this.#isLeaving)
        logger.info(answer.isFenced ? 'the broker was fenced' : 'the broker is unfenced', { epoch: this.#epoch })
    }
    return answer
  }

  /** A controller in this process may have slept as this broker did: its word counts when others have confirmed that it is the active one. */
  #heard(sentAt: number, isOwn: boolean): void {
    const note = () => {
      this.#heardAt = Math.max(this.#heardAt, sentAt)
    }
    if (isOwn && this.#rooms.settings.isWatched) this.#rooms.ownController.onceConfirmed(note)
    else note()
  }

  /**
   * Who was unregistered while it serves asks for a place as a start does; nothing that it has proves a clean stop. Where another process took the place
   * it stays out, as with Kafka: what lies here may be old, and that one may only be away for a moment.
   */
  async #registerAgain(): Promise<{ readonly isFenced: boolean } | null> {
    const { controller, logger, settings, identity, features, isReplaced } = this.#rooms
    if (isReplaced()) {
      this.#tellReplaced()
      return null
    }
    this.#toldReplacedAt = Number.NEGATIVE_INFINITY
    const { errorCode: code, brokerEpoch } = await controller.send(REGISTRATION, this.#registration(-1), settings.sessionMs())
    if (code !== 0) {
      const { message } = refusalOf(code, identity, features())
      logger.warn('the controller does not register this broker again', { why: message })
      return null
    }
    this.#isFenced = true
    this.#isForgotten = brokerEpoch < 0 // more of its last life has to be put in order first
    if (!this.#isForgotten) {
      this.#epoch = brokerEpoch
      logger.info('the broker was forgotten, and is registered again', { epoch: brokerEpoch })
    }
    return { isFenced: true }
  }

  /** Each heartbeat finds it so; once is enough, and now and then for who comes to look later. */
  #tellReplaced(): void {
    const { clock, logger, identity } = this.#rooms
    const now = clock.monotonic()
    if (now - this.#toldReplacedAt < REMIND_MS) return
    this.#toldReplacedAt = now
    const { nodeId } = identity
    logger.error('another process has taken the place of this broker, which serves nobody any more: stop it', { nodeId })
  }

  /** There is something that the controller should hear of at once: a log directory that failed. */
  hurry(): void {
    this.#isHurried = true
    if (this.#isServing && !this.#isBeating) this.#schedule(0)
  }

  #schedule(afterMs: number): void {
    const { clock, settings, isLossUntold } = this.#rooms
    this.#timer?.cancel()
    if (this.#isLeaving || this.#isOver) return
    if (this.#isHurried) this.#timer = clock.after(0, () => void this.#goOn())
    else if (isLossUntold()) this.#timer = clock.after(Math.min(afterMs, NEXT_PAUSE_MS), () => void this.#goOn())
    else if (settings.isWatched) this.#timer = clock.after(afterMs, () => void this.#goOn())
  }

  async #goOn(): Promise<void> {
    const { logger, settings } = this.#rooms
    this.#isHurried = false
    this.#isBeating = true
    let pauseMs = settings.heartbeatMs()
    try {
      const answer = this.#isForgotten ? await this.#registerAgain() : await this.#beat({})
      // One that was fenced, and serves again as soon as it knows what happened meanwhile, has to say that it does.
      if (answer?.isFenced) pauseMs = FIRST_PAUSE_MS
    } catch (thrown) {
      if (!this.#isLeaving && !this.#isOver)
        logger.warn('no controller took a heartbeat; this broker may be fenced', { error: thrown })
      pauseMs = FIRST_PAUSE_MS
    } finally {
      this.#isBeating = false
    }
    this.#schedule(pauseMs)
  }

  /**
   * Gives away what it leads, then stops serving; the metadata says so before the logs are closed (behaviour after a clean stop). Throws what
   * the controller refuses it with, and REQUEST_TIMED_OUT where that takes longer than `timeoutMs`.
   */
  async leave(timeoutMs: number): Promise<void> {
    this.#isLeaving = true
    this.#timer?.cancel()
    if (this.#epoch < 0) return
    const late = deferred<never>()
    const timer = this.#rooms.clock.after(timeoutMs, () =>
      late.reject(new KafkaError('REQUEST_TIMED_OUT', `leaving the cluster took more than ${timeoutMs} ms`)),
    )
    try {
      await Promise.race([this.#giveUp(), late.promise])
    } finally {
      timer.cancel()
      this.#isOver = true
    }
  }

  async #giveUp(): Promise<void> {
    const { settings, publishedOffset } = this.#rooms
    // Alone there is nobody to wait for: what is left to do is done by asking again.
    const step = settings.isWatched ? NEXT_PAUSE_MS : 0
    let seen = -1
    for (let pauseMs = 0; !this.#isOver; ) {
      if (pauseMs > 0) await this.#pause(pauseMs)
      const offset = publishedOffset()
      const answer = await this.#beat({ wantShutDown: true }, FAREWELL_MS)
      if (!answer) throw new KafkaError('NOT_CONTROLLER', 'the controller refused the farewell')
      if (answer.shouldShutDown) return
      // While something is decided more of its thousands of partitions may be moving, some with each farewell.
      pauseMs = offset > seen ? step : Math.min(pauseMs + step, settings.heartbeatMs())
      seen = offset
    }
  }

  /** Sends nothing more. */
  stop(): void {
    this.#isOver = true
    this.#timer?.cancel()
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resume) => void this.#rooms.clock.after(ms, resume))
  }
}

function refusalOf(code: number, { nodeId, clusterId }: BrokerIdentity, features: ReadonlyMap<string, number>): KafkaError {
  const error = errorName(code)
  if (code === errorCode('INCONSISTENT_CLUSTER_ID')) {
    const way = 'choose other log.dirs, or the controllers of that cluster'
    return new KafkaError(
      error,
      `the directories of node ${nodeId} belong to cluster ${clusterId}, and the controllers to another: ${way}`,
    )
  }
  if (code === errorCode('DUPLICATE_BROKER_REGISTRATION'))
    return new KafkaError(error, `another process is registered with node.id ${nodeId} and was alive a moment ago`)
  if (code === errorCode('UNSUPPORTED_VERSION')) {
    const found = unsupportedLevels(features).join(', ') || 'features or levels that this build does not support'
    const way = 'kafka-features describe tells what it has, and kafka-features upgrade or downgrade changes it'
    return new KafkaError(error, `the controller refused to register broker ${nodeId}: the cluster has ${found}; ${way}`)
  }
  return new KafkaError(error, `the controller refused to register broker ${nodeId}: ${error}`)
}
