// What is written in __consumer_offsets, as values: the hard part of groups.

/** A committed offset. The offset is a bigint because Kafka keeps all 64 bits of it. */
export interface StoredOffset {
  readonly offset: bigint
  /** -1 where the client did not tell. */
  readonly leaderEpoch: number
  readonly metadata: string
  readonly commitTimestamp: number
  /** A point in time given by old clients; -1: the broker's retention holds. */
  readonly expireTimestamp: number
  /** Zero where the client committed by name. */
  readonly topicId: string
}

export interface StoredMember {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly rebalanceTimeout: number
  readonly sessionTimeout: number
  /** The member's metadata of the group's chosen protocol. */
  readonly subscription: Uint8Array
  readonly assignment: Uint8Array
}

/** A generation that was settled: all members with their assignments, or nobody. */
export interface StoredGroup {
  readonly protocolType: string
  readonly generation: number
  readonly protocol: string | null
  readonly leader: string | null
  readonly currentStateTimestamp: number
  readonly members: readonly StoredMember[]
}

export type GroupRecord =
  | {
      readonly kind: 'offsetCommit'
      readonly groupId: string
      readonly topic: string
      readonly partition: number
      readonly value: StoredOffset
    }
  | { readonly kind: 'offsetDelete'; readonly groupId: string; readonly topic: string; readonly partition: number }
  | { readonly kind: 'groupMetadata'; readonly groupId: string; readonly value: StoredGroup }
  | { readonly kind: 'groupDelete'; readonly groupId: string }
