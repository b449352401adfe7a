// What a group has committed: asked for, and changed.

import { deferred } from '../../base/deferred.ts'
import type { Exchange } from '../../net/peer.ts'
import { OffsetCommitRequest, OffsetCommitResponse } from '../../protocol/messages/offset-commit.ts'
import { OffsetFetchRequest, OffsetFetchResponse } from '../../protocol/messages/offset-fetch.ts'
import { brokerError, ClientError } from '../errors/index.ts'
import type { Patience } from '../patience.ts'
import type { CoordinatorLink } from './group/coordinator-link.ts'
import {
  byTopic,
  type ConsumerGroupMetadata,
  nameOf,
  type OffsetAndMetadata,
  type TopicPartition,
  type TopicPartitionOffset,
} from './place.ts'

const COMMIT: Exchange<OffsetCommitRequest, OffsetCommitResponse> = {
  request: OffsetCommitRequest,
  response: OffsetCommitResponse,
}
const FETCH: Exchange<OffsetFetchRequest, OffsetFetchResponse> = { request: OffsetFetchRequest, response: OffsetFetchResponse }
/** Later ones name topics by ids, which a group that reads a topic by name has no use for. */
const LAST_WITH_NAMES = 9
/** From then on many groups are asked for at once. */
const FIRST_WITH_GROUPS = 8

export class GroupOffsets {
  readonly #link: CoordinatorLink
  readonly #identity: () => ConsumerGroupMetadata
  readonly #hasEpochs: boolean
  /** Resolves when the commit that was asked for last is over. */
  #last: Promise<void> = Promise.resolve()

  /** `identity` is asked for each time: who this consumer is changes with every rebalance. `hasEpochs`: the group is one of KIP-848. */
  constructor(link: CoordinatorLink, identity: () => ConsumerGroupMetadata, hasEpochs: boolean) {
    this.#link = link
    this.#identity = identity
    this.#hasEpochs = hasEpochs
  }

  /**
   * Commits, after all commits that were asked for before; tries again where that may help, until the patience ends. `choose` is asked before each attempt: what
   * it leaves out is not committed any more, and what it throws ends it. Throws a ClientError whose code says why: UNKNOWN_MEMBER_ID, ILLEGAL_GENERATION,
   * FENCED_INSTANCE_ID and REBALANCE_IN_PROGRESS mean that others may have the partitions by now.
   */
  async commit<T extends TopicPartitionOffset>(
    choose: () => readonly T[],
    patience: Patience,
    onCommitted: (offset: T) => void = () => {},
  ): Promise<void> {
    const begunAs = this.#identity()
    const before = this.#last
    const over = deferred<void>()
    this.#last = over.promise
    try {
      await patience.race(before)
      await this.#commitAll(choose, begunAs, patience, onCommitted)
    } finally {
      // An older one that is tried again must not come behind a newer one.
      void before.then(() => over.resolve())
    }
  }

  async #commitAll<T extends TopicPartitionOffset>(
    choose: () => readonly T[],
    begunAs: ConsumerGroupMetadata,
    patience: Patience,
    onCommitted: (offset: T) => void,
  ): Promise<void> {
    // By name of the partition: the offset that the coordinator has, and why it will not have one.
    const had = new Map<string, number>()
    const refused = new Map<string, ClientError>()
    await this.#link.cluster.retries.run(patience, async () => {
      const left = choose().filter((each) => had.get(nameOf(each)) !== each.offset && !refused.has(nameOf(each)))
      if (left.length === 0) return
      this.#checkMember(begunAs)
      let trouble: ClientError | null = null
      const errors = await this.#commitOnce(left, patience)
      for (const each of left) {
        const error = errors.get(nameOf(each))
        if (!error) {
          had.set(nameOf(each), each.offset)
          onCommitted(each)
        } else if (error.retriable && error.code !== 'UNKNOWN_TOPIC_OR_PARTITION') trouble = error
        else refused.set(nameOf(each), error) // a topic that was deleted does not come back by being asked for
      }
      if (trouble) throw trouble
    })
    const [first] = refused.values()
    if (first) throw first
  }

  /** What was done as a member that was lost since is not committed as another one. */
  #checkMember({ generationId, memberId }: ConsumerGroupMetadata): void {
    const now = this.#identity()
    if (generationId < 0 || (now.memberId === memberId && now.generationId >= generationId)) return
    throw new ClientError('UNKNOWN_MEMBER_ID', `OffsetCommit of group ${now.groupId}: the membership was lost meanwhile`)
  }

  /** By name of the partition: what was wrong with it. */
  async #commitOnce(offsets: readonly TopicPartitionOffset[], patience: Patience): Promise<ReadonlyMap<string, ClientError>> {
    const { groupId, generationId, memberId, groupInstanceId } = this.#identity()
    const topics = [...byTopic(offsets)].map(([name, own]) => ({
      name,
      partitions: own.map(({ partition, offset, leaderEpoch, metadata = '' }) => ({
        partitionIndex: partition,
        committedOffset: BigInt(offset),
        committedLeaderEpoch: leaderEpoch ?? -1,
        committedMetadata: metadata,
      })),
    }))
    const body = { groupId, memberId, groupInstanceId, generationIdOrMemberEpoch: generationId, topics }
    const answer = await this.#link.ask(COMMIT, body, patience, { maxVersion: LAST_WITH_NAMES })
    const codes = new Map<string, number>()
    for (const { name, partitions } of answer.topics) {
      for (const { partitionIndex, errorCode } of partitions) codes.set(`${name}-${partitionIndex}`, errorCode)
    }
    const errors = new Map<string, ClientError>()
    for (const name of offsets.map(nameOf)) {
      const what = `OffsetCommit for ${name}`
      const code = codes.get(name)
      const error = code === undefined ? this.#leftOut(what) : this.#troubleOf(code, what)
      if (error) errors.set(name, error)
    }
    return errors
  }

  #leftOut(what: string): ClientError {
    return brokerError('UNKNOWN_SERVER_ERROR', `${what} of group ${this.#link.groupId}`, 'the answer leaves it out', {
      retriable: true,
    })
  }

  #troubleOf(code: number, what: string): ClientError | null {
    try {
      this.#judge(code, what)
      return null
    } catch (thrown) {
      return thrown as ClientError
    }
  }

  #judge(code: number, what: string): void {
    try {
      this.#link.judge(code, what)
    } catch (thrown) {
      // The member epoch went on; the next heartbeat says to which one (KIP-848).
      const isLate = (thrown as ClientError).code === 'STALE_MEMBER_EPOCH' && this.#identity().generationId > 0
      if (!isLate) throw thrown
      throw new ClientError('STALE_MEMBER_EPOCH', (thrown as ClientError).message, { cause: thrown, retriable: true })
    }
  }

  /** By name of the partition; null where nothing is committed. Waits until transactions that commit offsets are over. */
  async committed(
    partitions: readonly TopicPartition[],
    patience: Patience,
  ): Promise<ReadonlyMap<string, (OffsetAndMetadata & { readonly offset: number }) | null>> {
    if (partitions.length === 0) return new Map()
    return this.#link.cluster.retries.run(patience, () => this.#fetchOnce(partitions, patience))
  }

  async #fetchOnce(partitions: readonly TopicPartition[], patience: Patience): Promise<Map<string, OffsetAndMetadata | null>> {
    const topics = [...byTopic(partitions)].map(([name, own]) => ({
      name,
      partitionIndexes: own.map(({ partition }) => partition),
    }))
    const { groupId, memberId, generationId } = this.#identity()
    const member = this.#hasEpochs && generationId > 0 ? { memberId, memberEpoch: generationId } : {}
    const answer = await this.#link.ask(
      FETCH,
      (version) =>
        version < FIRST_WITH_GROUPS
          ? { groupId, topics, requireStable: true }
          : { groups: [{ groupId, topics, ...member }], requireStable: true },
      patience,
      { maxVersion: LAST_WITH_NAMES },
    )
    const group = answer.groups[0] ?? answer
    this.#judge(group.errorCode, 'OffsetFetch')
    const found = new Map<string, OffsetAndMetadata | null>(partitions.map((each) => [nameOf(each), null]))
    for (const { name, partitions: own } of group.topics) {
      for (const { partitionIndex, errorCode, committedOffset, committedLeaderEpoch, metadata } of own) {
        this.#link.judge(errorCode, `OffsetFetch for ${name}-${partitionIndex}`)
        if (committedOffset < 0n) continue
        const leaderEpoch = committedLeaderEpoch < 0 ? null : committedLeaderEpoch
        found.set(`${name}-${partitionIndex}`, { offset: Number(committedOffset), leaderEpoch, metadata: metadata ?? '' })
      }
    }
    return found
  }
}
