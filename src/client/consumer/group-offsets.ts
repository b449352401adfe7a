// What a group has committed: asked for, and changed.

import type { Exchange } from '../../net/peer.ts'
import { OffsetCommitRequest, OffsetCommitResponse } from '../../protocol/messages/offset-commit.ts'
import { OffsetFetchRequest, OffsetFetchResponse } from '../../protocol/messages/offset-fetch.ts'
import { ClientError } from '../errors/index.ts'
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

  /** `identity` is asked for each time: who this consumer is changes with every rebalance. `hasEpochs`: the group is one of KIP-848. */
  constructor(link: CoordinatorLink, identity: () => ConsumerGroupMetadata, hasEpochs: boolean) {
    this.#link = link
    this.#identity = identity
    this.#hasEpochs = hasEpochs
  }

  /**
   * Commits; tries again where that may help, until the patience ends. Throws a ClientError whose code says why: UNKNOWN_MEMBER_ID, ILLEGAL_GENERATION,
   * FENCED_INSTANCE_ID and REBALANCE_IN_PROGRESS mean that others may have the partitions by now.
   */
  async commit(offsets: readonly TopicPartitionOffset[], patience: Patience): Promise<void> {
    if (offsets.length === 0) return
    await this.#link.cluster.retries.run(patience, () => this.#commitOnce(offsets, patience))
  }

  async #commitOnce(offsets: readonly TopicPartitionOffset[], patience: Patience): Promise<void> {
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
    for (const { name, partitions } of answer.topics) {
      for (const { partitionIndex, errorCode } of partitions) {
        this.#judge(errorCode, `OffsetCommit for ${name}-${partitionIndex}`)
      }
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
