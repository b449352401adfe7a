// A member of a classic group: it joins, one of the members shares the partitions, all sync, and a heartbeat tells each of them when to begin again. Eager
// assignors give up everything before they join; cooperative ones (KIP-429) only what the assignment takes, and join once more.

import { readAssignment, writeSubscription } from '../../../assignors/consumer-protocol.ts'
import type { Assignor, RebalanceProtocol } from '../../../assignors/index.ts'
import { ClientError } from '../../errors/index.ts'
import { Bell } from '../bell.ts'
import { type ConsumerGroupMetadata, nameOf, type TopicPartition } from '../place.ts'
import { ClassicCalls } from './classic-calls.ts'
import { Heartbeats } from './heartbeats.ts'
import { assignorsOf, Leader } from './leader.ts'
import type { Member, MemberOptions } from './member.ts'

const NO_GENERATION = -1

export class ClassicMember implements Member {
  readonly #options: MemberOptions
  readonly #calls: ClassicCalls
  readonly #leader: Leader
  readonly #assignors: readonly Assignor[]
  readonly #protocol: RebalanceProtocol
  readonly #heartbeats: Heartbeats
  /** It joins no more, and takes nothing any more; but what it has is its own until it is given up, and heartbeats go on for so long. */
  readonly #leaving = new AbortController()
  readonly #ending = new AbortController()
  readonly #bell = new Bell()
  #memberId = ''
  #generation = NO_GENERATION
  /** What it was assigned last, and in which generation: a sticky assignor gives it again. */
  #last: { readonly partitions: readonly TopicPartition[]; readonly generation: number } = {
    partitions: [],
    generation: NO_GENERATION,
  }
  /** The topics that the group was told of. */
  #joinedTopics = ''
  #isNeeded = true
  #isJoining = false
  /** JoinGroup is on its way: whatever is said meanwhile of the generation before means nothing. */
  #isAsking = false
  /** The program did not come back in time, and others may have the partitions; it joins again when the program does. */
  #isAway = false
  /** Grows when the membership is lost: what was begun before is not carried on. */
  #turn = 0
  #failures = 0
  #living: Promise<void> | null = null

  constructor(options: MemberOptions) {
    this.#options = options
    this.#calls = new ClassicCalls(options.link, options.config)
    this.#leader = new Leader(options.link.cluster, (topic) => options.subscription.includes(topic))
    this.#assignors = assignorsOf(options.config.partitionAssignmentStrategy)
    const all = (protocol: RebalanceProtocol) => this.#assignors.every(({ protocols }) => protocols.includes(protocol))
    this.#protocol = all('COOPERATIVE') ? 'COOPERATIVE' : 'EAGER'
    this.#heartbeats = new Heartbeats(options.link.cluster.platform.clock, () => this.#beat())
  }

  get identity(): ConsumerGroupMetadata {
    const { groupInstanceId } = this.#options.config
    return { groupId: this.#options.link.groupId, generationId: this.#generation, memberId: this.#memberId, groupInstanceId }
  }

  start(): void {
    this.#living ??= this.#live()
  }

  changed(): void {
    const { subscription, link } = this.#options
    if (this.#joinedTopics !== subscription.topics.join() || this.#leader.isStale(link.cluster.metadata)) this.#joinAgain()
  }

  async leave(): Promise<void> {
    const { holder, config, link } = this.#options
    this.#leaving.abort()
    this.#bell.ring()
    await this.#living
    if (holder.owned.length > 0) await holder.revoke(holder.owned)
    this.#ending.abort()
    this.#heartbeats.stop()
    if (config.groupInstanceId === null)
      await this.#calls.leave(this.identity, link.cluster.patience('leaving', { timeoutMs: config.requestTimeoutMs }))
    this.#forget()
    this.#memberId = ''
  }

  /** It does not join any more. */
  get #isLeaving(): boolean {
    return this.#leaving.signal.aborted || this.#isOver
  }

  get #isOver(): boolean {
    return this.#ending.signal.aborted || this.#options.link.cluster.lifetime.isOver
  }

  #joinAgain(): void {
    this.#isNeeded = true
    this.#bell.ring()
  }

  async #live(): Promise<void> {
    const { deliveries, config } = this.#options
    while (!this.#isLeaving) {
      if (this.#isAway && !deliveries.isOverdue(config.maxPollIntervalMs)) this.#isAway = false
      if (this.#isAway) await Promise.race([this.#bell.wait(), deliveries.changed()])
      else if (!this.#isNeeded) await this.#bell.wait()
      else {
        this.#isJoining = true
        try {
          await this.#rejoin()
          this.#failures = 0
        } catch (thrown) {
          await this.#failed(thrown)
        } finally {
          this.#isJoining = false
        }
      }
    }
  }

  async #rejoin(): Promise<void> {
    const { subscription, link } = this.#options
    const turn = this.#turn
    await this.#giveUp()
    if (turn !== this.#turn || this.#isLeaving) return
    this.#isNeeded = false
    const patience = link.cluster.patience(`joining group ${link.groupId}`, { signal: this.#leaving.signal })
    this.#joinedTopics = subscription.topics.join()
    this.#isAsking = true
    const { generation, memberId, answer } = await this.#calls
      .join(this.identity, this.#protocols(), patience, (id) => {
        this.#memberId = id
      })
      .finally(() => {
        this.#isAsking = false
      })
    if (turn !== this.#turn || this.#isLeaving) return
    this.#generation = generation
    this.#memberId = memberId
    this.#heartbeats.start(this.#options.config.heartbeatIntervalMs)
    const assignor = this.#assignors.find(({ name }) => name === answer.protocolName) ?? this.#assignors[0]!
    const isLeader = answer.leader === memberId
    if (!isLeader) this.#leader.resign()
    else if (answer.skipAssignment) await this.#leader.watch(answer, patience)
    const shared = isLeader && !answer.skipAssignment ? await this.#leader.assign(assignor, answer, patience) : []
    const bytes = await this.#calls.sync(this.identity, assignor.name, shared, patience)
    if (turn !== this.#turn || this.#isLeaving) return
    await this.#take(readAssignment(bytes).partitions, turn)
  }

  #protocols(): { name: string; metadata: Uint8Array }[] {
    const { subscription, holder, config } = this.#options
    const { partitions, generation } = this.#last
    return this.#assignors.map((assignor) => ({
      name: assignor.name,
      metadata: writeSubscription({
        topics: subscription.topics,
        ownedPartitions: holder.owned,
        generationId: this.#generation,
        rackId: config.clientRack === '' ? null : config.clientRack,
        userData:
          assignor.userData?.(partitions, assignor.protocols.includes('COOPERATIVE') ? this.#generation : generation) ?? null,
      }),
    }))
  }

  /** What must not be owned while the group is shared out anew. */
  async #giveUp(): Promise<void> {
    const { holder, subscription } = this.#options
    const { owned } = holder
    const given = this.#protocol === 'EAGER' ? owned : owned.filter(({ topic }) => !subscription.includes(topic))
    if (given.length > 0) await holder.revoke(given)
  }

  async #take(partitions: readonly TopicPartition[], turn: number): Promise<void> {
    const { holder, subscription } = this.#options
    const next = new Set(partitions.map(nameOf))
    const given = holder.owned.filter((each) => !next.has(nameOf(each)))
    if (given.length > 0) await holder.revoke(given)
    if (turn !== this.#turn || this.#isLeaving) return
    this.#last = { partitions, generation: this.#generation }
    const owned = new Set(holder.owned.map(nameOf))
    await holder.assign(partitions.filter((each) => !owned.has(nameOf(each))))
    // What was given up is free only now; and the program may want other topics by now.
    if (given.length > 0 || this.#joinedTopics !== subscription.topics.join()) this.#joinAgain()
  }

  async #beat(): Promise<void> {
    const { deliveries, config, link, onError } = this.#options
    if (deliveries.isOverdue(config.maxPollIntervalMs)) return this.#goAway()
    if (this.#generation === NO_GENERATION || this.#isAsking) return
    const { identity } = this
    try {
      const patience = link.cluster.patience('a heartbeat', { timeoutMs: config.sessionTimeoutMs, signal: this.#ending.signal })
      await this.#calls.heartbeat(identity, patience)
    } catch (thrown) {
      if (this.#isOver || this.#isAsking || this.#generation !== identity.generationId) return
      if (!(thrown instanceof ClientError)) throw thrown
      if (thrown.code === 'REBALANCE_IN_PROGRESS') return this.#isJoining ? undefined : this.#joinAgain()
      if (thrown.code === 'UNKNOWN_MEMBER_ID' || thrown.code === 'ILLEGAL_GENERATION') return this.#lost(thrown)
      if (thrown.fatal) return this.#end(thrown)
      if (!thrown.retriable) onError(thrown)
    }
  }

  /** The program has not come back in time: the group goes on without it. It gives up what it had before others hear that they may take it. */
  async #goAway(): Promise<void> {
    const { config, link } = this.#options
    this.#isAway = true
    const { identity } = this
    this.#memberId = ''
    const lost = this.#lose()
    const patience = link.cluster.patience('leaving', { timeoutMs: config.requestTimeoutMs, signal: this.#ending.signal })
    if (config.groupInstanceId === null) await this.#calls.leave(identity, patience)
    await lost
  }

  async #lost(why: ClientError): Promise<void> {
    // A coordinator that does not know the generation still knows the member.
    if (why.code === 'UNKNOWN_MEMBER_ID') this.#memberId = ''
    await this.#lose()
  }

  async #lose(): Promise<void> {
    const { holder } = this.#options
    this.#forget()
    await holder.lose(holder.owned)
    this.#joinAgain()
  }

  #forget(): void {
    this.#turn++
    this.#generation = NO_GENERATION
    this.#heartbeats.stop()
    this.#leader.resign()
  }

  async #failed(thrown: unknown): Promise<void> {
    const { link, onError } = this.#options
    if (this.#isLeaving) return
    this.#isNeeded = true
    const error = thrown as ClientError
    if (error.fatal) return this.#end(error)
    if (error.code === 'UNKNOWN_MEMBER_ID' || error.code === 'ILLEGAL_GENERATION') await this.#lost(error)
    else if (!error.retriable && error.code !== 'REBALANCE_IN_PROGRESS') onError(error)
    try {
      await link.cluster
        .patience('the next attempt', { signal: this.#leaving.signal })
        .sleep(link.cluster.retries.pauseMs(this.#failures++))
    } catch {
      // It leaves.
    }
  }

  /** It cannot go on: another one has taken its place. */
  async #end(error: ClientError): Promise<void> {
    const { holder, onError } = this.#options
    this.#ending.abort()
    this.#bell.ring()
    this.#forget()
    this.#memberId = ''
    await holder.lose(holder.owned)
    onError(error, { isFinal: true })
  }
}
