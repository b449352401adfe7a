// A member of a group of KIP-848: the coordinator shares the partitions, and tells each member in the answers to its heartbeats what it should have. A member
// gives up what is taken from it, says so, and gets the rest when others have done so.

import { randomUuid } from '../../../base/uuid.ts'
import type { Exchange } from '../../../net/peer.ts'
import {
  ConsumerGroupHeartbeatRequest,
  ConsumerGroupHeartbeatResponse,
} from '../../../protocol/messages/consumer-group-heartbeat.ts'
import type { Input } from '../../../protocol/schema.ts'
import { ClientError } from '../../errors/index.ts'
import { type ConsumerGroupMetadata, nameOf, type TopicPartition } from '../place.ts'
import { Heartbeats } from './heartbeats.ts'
import type { Member, MemberOptions } from './member.ts'

const BEAT: Exchange<ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse> = {
  request: ConsumerGroupHeartbeatRequest,
  response: ConsumerGroupHeartbeatResponse,
}
/** Epochs that say something: it joins; it leaves; it leaves, and will be back under its instance id. */
const JOINS = 0
const LEAVES = -1
const LEAVES_FOR_NOW = -2

interface OwnedTopic {
  readonly topicId: string
  readonly partitions: readonly number[]
}

export class ConsumerMember implements Member {
  readonly #options: MemberOptions
  readonly #memberId: string
  readonly #heartbeats: Heartbeats
  readonly #ending = new AbortController()
  /** It takes nothing any more. */
  #isLeaving = false
  #epoch = JOINS
  /** What the coordinator wants it to have; null where that is what it has. */
  #target: readonly OwnedTopic[] | null = null
  #reconciling: Promise<void> | null = null
  /** What the coordinator was told last of topics and partitions: what did not change is not told again. */
  #told = { topics: '', partitions: '' }
  #isAway = false
  /** Grows when the membership is lost. */
  #turn = 0
  #failures = 0
  #hasStarted = false

  constructor(options: MemberOptions) {
    this.#options = options
    const { clock, random } = options.link.cluster.platform
    this.#memberId = randomUuid((length) => random.bytes(length))
    this.#heartbeats = new Heartbeats(clock, () => this.#beat())
  }

  get identity(): ConsumerGroupMetadata {
    const { groupInstanceId } = this.#options.config
    const generationId = this.#epoch === JOINS ? -1 : this.#epoch
    return { groupId: this.#options.link.groupId, generationId, memberId: this.#memberId, groupInstanceId }
  }

  start(): void {
    if (this.#hasStarted) return
    this.#hasStarted = true
    this.#heartbeats.start(0)
  }

  changed(): void {
    if (this.#told.topics !== this.#wantedText()) this.#heartbeats.soon()
    // A topic whose id nobody could name may be known by now.
    this.#reconcile()
  }

  async leave(): Promise<void> {
    const { holder, config, link } = this.#options
    this.#isLeaving = true
    await this.#reconciling
    if (holder.owned.length > 0) await holder.revoke(holder.owned)
    this.#ending.abort()
    this.#heartbeats.stop()
    if (this.#hasStarted) {
      await this.#sayGoodbye(link.cluster.patience('leaving', { timeoutMs: config.requestTimeoutMs }))
    }
    this.#forget()
  }

  get #isOver(): boolean {
    return this.#ending.signal.aborted || this.#options.link.cluster.lifetime.isOver
  }

  async #beat(): Promise<void> {
    const { deliveries, config, link, onError } = this.#options
    const isOverdue = deliveries.isOverdue(config.maxPollIntervalMs)
    if (this.#isAway && !isOverdue) this.#isAway = false
    if (this.#isAway) return
    if (isOverdue && this.#epoch > JOINS) return this.#goAway()
    try {
      const patience = link.cluster.patience('a heartbeat', { timeoutMs: config.requestTimeoutMs, signal: this.#ending.signal })
      const turn = this.#turn
      const body = this.#body()
      const answer = await link.ask(BEAT, body.request, patience)
      if (this.#isOver || turn !== this.#turn) return
      link.judge(answer.errorCode, 'ConsumerGroupHeartbeat', answer.errorMessage)
      this.#told = body.told
      this.#failures = 0
      this.#take(answer)
    } catch (thrown) {
      if (this.#isOver) return
      // Whether the coordinator has heard it is not known: everything is told again.
      this.#told = { topics: '', partitions: '' }
      this.#heartbeats.start(link.cluster.retries.pauseMs(this.#failures++))
      const error = thrown as ClientError
      if (error.code === 'UNKNOWN_MEMBER_ID' || error.code === 'FENCED_MEMBER_EPOCH') return this.#lose()
      if (error.retriable) return
      if (error.code === 'TOPIC_AUTHORIZATION_FAILED') return onError(error)
      await this.#end(error)
    }
  }

  #take({ memberEpoch, heartbeatIntervalMs, assignment }: ConsumerGroupHeartbeatResponse): void {
    this.#epoch = memberEpoch
    this.#heartbeats.start(heartbeatIntervalMs)
    if (assignment) this.#target = assignment.topicPartitions
    this.#reconcile()
  }

  /** All fields when it joins or is not sure; else those that changed. */
  #body(): { request: Input<ConsumerGroupHeartbeatRequest>; told: { topics: string; partitions: string } } {
    const { config, link, subscription, holder } = this.#options
    const owned = this.#ownedTopics(holder.owned)
    const told = { topics: this.#wantedText(), partitions: JSON.stringify(owned) }
    const isWhole = this.#epoch === JOINS || this.#told.partitions === ''
    const { wanted } = subscription
    const tellsTopics = isWhole || told.topics !== this.#told.topics
    const pattern = wanted.kind === 'serverPattern' ? wanted.pattern : ''
    const request = {
      groupId: link.groupId,
      memberId: this.#memberId,
      memberEpoch: this.#epoch,
      instanceId: config.groupInstanceId,
      rebalanceTimeoutMs: isWhole ? config.maxPollIntervalMs : -1,
      rackId: isWhole && config.clientRack !== '' ? config.clientRack : null,
      serverAssignor: isWhole ? config.groupRemoteAssignor : null,
      subscribedTopicNames: tellsTopics ? subscription.topics : null,
      // A version that has no patterns takes none, and none is the same as an empty one.
      subscribedTopicRegex: pattern !== '' || (tellsTopics && this.#told.topics.startsWith('~')) ? pattern : null,
      topicPartitions: this.#epoch === JOINS ? [] : isWhole || told.partitions !== this.#told.partitions ? owned : null,
    }
    return { request, told }
  }

  #wantedText(): string {
    const { wanted, topics } = this.#options.subscription
    return wanted.kind === 'serverPattern' ? `~${wanted.pattern}` : `=${topics.join()}`
  }

  #ownedTopics(owned: readonly TopicPartition[]): OwnedTopic[] {
    const { topics } = this.#options.link.cluster.metadata
    const byId = new Map<string, number[]>()
    for (const { topic, partition } of owned) {
      const id = topics.get(topic)?.id
      if (!id) continue // deleted: the coordinator knows
      const known = byId.get(id)
      if (known) known.push(partition)
      else byId.set(id, [partition])
    }
    return [...byId].map(([topicId, partitions]) => ({ topicId, partitions: partitions.sort((a, b) => a - b) }))
  }

  #reconcile(): void {
    if (this.#reconciling || this.#target === null || this.#isLeaving) return
    this.#reconciling = this.#goTowards().finally(() => {
      this.#reconciling = null
    })
  }

  async #goTowards(): Promise<void> {
    const { holder, link } = this.#options
    const turn = this.#turn
    const isLate = () => turn !== this.#turn || this.#isLeaving || this.#isOver
    for (let target = this.#target; target !== null && !isLate(); target = this.#target) {
      const { named, isWhole } = this.#named(target)
      const wanted = new Set(named.map(nameOf))
      const given = holder.owned.filter((each) => !wanted.has(nameOf(each)))
      if (given.length > 0) await holder.revoke(given)
      if (isLate()) return
      const owned = new Set(holder.owned.map(nameOf))
      const added = named.filter((each) => !owned.has(nameOf(each)))
      if (added.length > 0) await holder.assign(added)
      if (isLate()) return
      this.#heartbeats.soon()
      if (this.#target !== target) continue
      if (isWhole) this.#target = null
      else return link.cluster.invalidate()
    }
  }

  /** Topics by their names; those whose id nobody can name yet are left out. */
  #named(target: readonly OwnedTopic[]): { named: TopicPartition[]; isWhole: boolean } {
    const { metadata } = this.#options.link.cluster
    let isWhole = true
    const named = target.flatMap(({ topicId, partitions }) => {
      const topic = metadata.topicById(topicId)?.name
      if (topic === undefined) isWhole = false
      return topic === undefined ? [] : partitions.map((partition) => ({ topic, partition }))
    })
    return { named, isWhole }
  }

  /** The program has not come back in time: the group goes on without it. It gives up what it had before others hear that they may take it. */
  async #goAway(): Promise<void> {
    const { link, config } = this.#options
    this.#isAway = true
    const lost = this.#lose()
    await this.#sayGoodbye(link.cluster.patience('leaving', { timeoutMs: config.requestTimeoutMs, signal: this.#ending.signal }))
    await lost
  }

  async #sayGoodbye(patience: ReturnType<MemberOptions['link']['cluster']['patience']>): Promise<void> {
    const { link, config } = this.#options
    const memberEpoch = config.groupInstanceId === null ? LEAVES : LEAVES_FOR_NOW
    const request = { groupId: link.groupId, memberId: this.#memberId, memberEpoch, instanceId: config.groupInstanceId }
    try {
      await link.ask(BEAT, request, patience)
    } catch (thrown) {
      if (!(thrown instanceof ClientError)) throw thrown
      link.cluster.platform.logger.debug('the coordinator was not told that a member leaves', { why: thrown.message })
    }
  }

  async #lose(): Promise<void> {
    const { holder } = this.#options
    this.#forget()
    await holder.lose(holder.owned)
    // Once it joins again at once; where that is of no help, after the pause.
    if (!this.#isAway && this.#failures <= 1) this.#heartbeats.soon()
  }

  #forget(): void {
    this.#turn++
    this.#epoch = JOINS
    this.#target = null
    this.#told = { topics: '', partitions: '' }
  }

  async #end(error: ClientError): Promise<void> {
    const { holder, onError } = this.#options
    this.#ending.abort()
    this.#heartbeats.stop()
    this.#forget()
    await holder.lose(holder.owned)
    onError(error, { isFinal: true })
  }
}
