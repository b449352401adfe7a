// The consumer's place in its group: made when it subscribes and begins to read, kept informed of what topics there are, and given up when it does not
// subscribe any more.

import type { Metadata } from '../cluster/metadata.ts'
import { brokerError } from '../errors/index.ts'
import { ClassicMember } from './group/classic-member.ts'
import { ConsumerMember } from './group/consumer-member.ts'
import type { Member, MemberOptions } from './group/member.ts'
import type { ConsumerGroupMetadata } from './place.ts'
import type { Wanted } from './subscription.ts'

export class Membership {
  readonly #options: MemberOptions
  #member: Member | null = null
  #wantsAll: (() => void) | null = null
  #leaving: Promise<void> | null = null

  constructor(options: MemberOptions) {
    this.#options = options
  }

  get identity(): ConsumerGroupMetadata {
    const { link, config } = this.#options
    const none = { groupId: link.groupId, generationId: -1, memberId: '', groupInstanceId: config.groupInstanceId }
    return this.#member?.identity ?? none
  }

  /** What the program wants from now on. */
  set(wanted: Wanted): void {
    const { subscription, link } = this.#options
    const before = subscription.topics
    subscription.set(wanted, link.cluster.metadata)
    for (const topic of before) if (!subscription.includes(topic)) link.cluster.forgetTopic(topic)
    const needsAll = wanted.kind === 'pattern' || wanted.kind === 'serverPattern'
    if (needsAll) this.#wantsAll ??= link.cluster.wantAllTopics()
    else this.#forgetAll()
    for (const topic of subscription.topics) link.cluster.peekTopic(topic)
    link.cluster.invalidate()
    this.#member?.changed()
  }

  /** The program reads: it takes part from now on. */
  take(): void {
    const { subscription, config } = this.#options
    if (this.#member || this.#leaving || !subscription.isGroup) return
    this.#member = config.groupProtocol === 'consumer' ? new ConsumerMember(this.#options) : new ClassicMember(this.#options)
    this.#member.start()
  }

  /** There is something new about topics. */
  learn(metadata: Metadata): void {
    const { subscription, link, onError } = this.#options
    if (!subscription.isGroup) return
    subscription.update(metadata)
    // A topic that is not there yet may be made soon.
    if (subscription.topics.some((topic) => !metadata.topics.has(topic))) link.cluster.invalidate()
    for (const topic of subscription.topics) {
      const code = metadata.refused.get(topic)
      const error = code === undefined ? null : brokerError(code, `topic ${topic}`)
      if (error && !error.retriable) onError(error)
    }
    this.#member?.changed()
  }

  /** Gives up all partitions, its place, and the subscription. */
  async leave(): Promise<void> {
    const { subscription } = this.#options
    const { wanted } = subscription
    this.#forgetAll()
    const member = this.#member
    if (!member) await this.#leaving
    else {
      this.#leaving = member.leave().finally(() => {
        this.#member = null
        this.#leaving = null
        // In the same breath: a loop that reads on must not make it a member again. What the program wants since then stands.
        if (subscription.wanted === wanted) this.set({ kind: 'nothing' })
      })
      await this.#leaving
    }
    if (subscription.wanted === wanted) this.set({ kind: 'nothing' })
  }

  #forgetAll(): void {
    this.#wantsAll?.()
    this.#wantsAll = null
  }
}
