// A member of a share group: the coordinator says in the answers to its heartbeats of which partitions it gets records. Members may have the same ones, so
// nothing is handed over.

import { randomUuid } from '../../base/uuid.ts'
import type { ShareConsumerSettings } from '../../config/client/share-consumer.ts'
import type { Exchange } from '../../net/peer.ts'
import type { Random } from '../../platform/random.ts'
import { ShareGroupHeartbeatRequest, ShareGroupHeartbeatResponse } from '../../protocol/messages/share-group-heartbeat.ts'
import type { Metadata } from '../cluster/metadata.ts'
import type { Deliveries } from '../consumer/deliveries.ts'
import type { CoordinatorLink } from '../consumer/group/coordinator-link.ts'
import { Heartbeats } from '../consumer/group/heartbeats.ts'
import type { Trouble } from '../consumer/reading.ts'
import { brokerError, ClientError, UnsupportedError } from '../errors/index.ts'
import type { Patience } from '../patience.ts'
import type { SharePartition, SharePartitions } from './share-partition.ts'

const BEAT: Exchange<ShareGroupHeartbeatRequest, ShareGroupHeartbeatResponse> = {
  request: ShareGroupHeartbeatRequest,
  response: ShareGroupHeartbeatResponse,
}
/** Epochs that say something: it joins; it leaves. */
const JOINS = 0
const LEAVES = -1

/** The coordinator does not know this member any more. */
const LOST: ReadonlySet<string> = new Set(['UNKNOWN_MEMBER_ID', 'FENCED_MEMBER_EPOCH'])

export interface ShareMemberOptions {
  readonly link: CoordinatorLink
  readonly config: ShareConsumerSettings
  readonly memberId: string
  readonly deliveries: Pick<Deliveries, 'isOverdue'>
  readonly partitions: SharePartitions
  readonly onAssigned: (partitions: readonly SharePartition[]) => void
  /** The program takes too long: what waits for it is for others. */
  readonly onAway: () => void
  /** For the program; with a final one the member has stopped. */
  readonly onError: (error: ClientError, trouble?: Trouble) => void
}

type Assigned = NonNullable<ShareGroupHeartbeatResponse['assignment']>['topicPartitions']

export class ShareMember {
  readonly #options: ShareMemberOptions
  readonly #heartbeats: Heartbeats
  #ending = new AbortController()
  #topics: readonly string[] = []
  #epoch = JOINS
  #assigned: Assigned = []
  /** The topics that the coordinator was told last; empty where nobody knows. */
  #told = ''
  #isAway = false
  #hasStarted = false
  #isAsking = false
  #failures = 0
  /** Grows when the membership begins anew. */
  #turn = 0

  constructor(options: ShareMemberOptions) {
    this.#options = options
    this.#heartbeats = new Heartbeats(options.link.cluster.platform.clock, () => this.#beat())
  }

  get topics(): readonly string[] {
    return this.#topics
  }

  /** What the program wants from now on. */
  subscribe(topics: readonly string[]): void {
    const { cluster } = this.#options.link
    for (const topic of this.#topics) if (!topics.includes(topic)) cluster.forgetTopic(topic)
    this.#topics = [...new Set(topics)].sort()
    for (const topic of this.#topics) cluster.peekTopic(topic)
    cluster.invalidate()
    this.#tell()
    if (this.#hasStarted) this.#heartbeats.soon()
  }

  /** The program reads: it takes part from now on. */
  take(): void {
    if (this.#hasStarted || this.#topics.length === 0) return
    this.#hasStarted = true
    this.#heartbeats.start(0)
  }

  /** There is something new about topics. */
  learn(metadata: Metadata): void {
    const { link, onError } = this.#options
    // A topic that is not there yet may be made soon.
    if (this.#topics.some((topic) => !metadata.topics.has(topic))) link.cluster.invalidate()
    for (const topic of this.#topics) {
      const code = metadata.refused.get(topic)
      const error = code === undefined ? null : brokerError(code, `topic ${topic}`)
      if (error && !error.retriable) onError(error)
    }
    this.#tell()
  }

  /** Takes no part any more, until the next `take`. */
  async leave(patience: Patience): Promise<void> {
    this.#ending.abort()
    this.#heartbeats.stop()
    // A question on its way may make it a member as well.
    const mayBeMember = this.#isAsking || this.#epoch !== JOINS
    this.#forget()
    this.#hasStarted = false
    this.#ending = new AbortController()
    if (mayBeMember) await this.#sayGoodbye(patience)
  }

  async #beat(): Promise<void> {
    const { deliveries, config, link } = this.#options
    const isOverdue = deliveries.isOverdue(config.maxPollIntervalMs)
    if (this.#isAway && !isOverdue) this.#isAway = false
    if (this.#isAway || (this.#topics.length === 0 && this.#epoch === JOINS)) return
    if (isOverdue && this.#epoch !== JOINS) return this.#goAway()
    const { signal } = this.#ending
    const turn = this.#turn
    try {
      const patience = link.cluster.patience('a heartbeat', { timeoutMs: config.requestTimeoutMs, signal })
      const { request, told } = this.#body()
      this.#isAsking = true
      const answer = await link.ask(BEAT, request, patience).finally(() => {
        this.#isAsking = false
      })
      if (signal.aborted || turn !== this.#turn || link.cluster.lifetime.isOver) return
      link.judge(answer.errorCode, 'ShareGroupHeartbeat', answer.errorMessage)
      this.#told = told
      this.#failures = 0
      this.#epoch = answer.memberEpoch
      this.#heartbeats.start(answer.heartbeatIntervalMs)
      if (answer.assignment) {
        this.#assigned = answer.assignment.topicPartitions
        this.#tell()
      }
    } catch (thrown) {
      if (signal.aborted || turn !== this.#turn || link.cluster.lifetime.isOver) return
      if (!(thrown instanceof ClientError)) throw thrown
      this.#failed(thrown)
    }
  }

  /** All fields when it joins or is not sure; else those that changed. */
  #body() {
    const { config, link, memberId } = this.#options
    const told = this.#topics.join()
    const isWhole = this.#epoch === JOINS
    const request = {
      groupId: link.groupId,
      memberId,
      memberEpoch: this.#epoch,
      rackId: isWhole && config.clientRack !== '' ? config.clientRack : null,
      subscribedTopicNames: isWhole || told !== this.#told ? this.#topics : null,
    }
    return { request, told }
  }

  #failed(error: ClientError): void {
    const { link, onError } = this.#options
    // Whether the coordinator has heard it is not known: everything is told again.
    this.#told = ''
    this.#heartbeats.start(link.cluster.retries.pauseMs(this.#failures++))
    const isGone = LOST.has(error.code) || (error.code === 'GROUP_ID_NOT_FOUND' && this.#epoch !== JOINS)
    // It joins again after the pause: a coordinator that forgets it again and again is not asked without end.
    if (isGone) this.#forget()
    else if (error.code === 'TOPIC_AUTHORIZATION_FAILED') onError(error)
    else if (!error.retriable) {
      this.#heartbeats.stop()
      this.#forget()
      onError(error instanceof UnsupportedError ? noShareGroups(error) : error, { isFinal: true })
    }
  }

  /** Topics by their names; those whose id nobody can name yet are left out until that is known, and those that nobody wants any more. */
  #tell(): void {
    const { link, partitions, onAssigned } = this.#options
    const { metadata } = link.cluster
    let isWhole = true
    const named = this.#assigned.flatMap(({ topicId, partitions: indexes }) => {
      const topic = metadata.topicById(topicId)?.name
      if (topic === undefined) isWhole = false
      // The coordinator hears a little later what the program does not want any more.
      if (topic === undefined || !this.#topics.includes(topic)) return []
      return indexes.map((index) => partitions.get(topicId, topic, index))
    })
    if (!isWhole) link.cluster.invalidate()
    onAssigned(named)
  }

  /** The program has not come back in time: the group goes on without it. */
  async #goAway(): Promise<void> {
    const { link, config, onAway } = this.#options
    this.#isAway = true
    onAway()
    await this.#sayGoodbye(link.cluster.patience('leaving', { timeoutMs: config.requestTimeoutMs, signal: this.#ending.signal }))
    this.#forget()
  }

  async #sayGoodbye(patience: Patience): Promise<void> {
    const { link, memberId } = this.#options
    try {
      await link.ask(BEAT, { groupId: link.groupId, memberId, memberEpoch: LEAVES, subscribedTopicNames: null }, patience)
    } catch (thrown) {
      if (!(thrown instanceof ClientError)) throw thrown
      link.cluster.platform.logger.debug('the coordinator was not told that a member leaves', { why: thrown.message })
    }
  }

  #forget(): void {
    this.#turn++
    this.#epoch = JOINS
    this.#told = ''
    this.#assigned = []
    this.#options.onAssigned([])
  }
}

/** Each consumer has its own, for as long as it lives. */
export function newMemberId(random: Random): string {
  return randomUuid((length) => random.bytes(length))
}

function noShareGroups(cause: UnsupportedError): UnsupportedError {
  const message = `share groups (KIP-932) are not supported by this cluster; Apache Kafka has them from 4.2 on, with share.version=1: ${cause.message}`
  return new UnsupportedError('UNSUPPORTED_VERSION', message, { cause, said: cause.said })
}
