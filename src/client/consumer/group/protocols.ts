// How a member of a classic group says what it wants, and how the one that leads shares the partitions: by an assignor of Kafka's, or by one that the
// program brings along and that writes what members tell each other by itself.

import { writeSubscription } from '../../../assignors/consumer-protocol.ts'
import { type Assignor, assignors as known, type RebalanceProtocol } from '../../../assignors/index.ts'
import type { ConsumerSettings } from '../../../config/client/consumer.ts'
import type { JoinGroupResponse } from '../../../protocol/messages/join-group.ts'
import type { Patience } from '../../patience.ts'
import type { TopicPartition } from '../place.ts'
import type { Leader } from './leader.ts'

/** Members of the same group must have one of the same name; it shares eagerly: all give up what they have before they join. */
export interface OwnAssignor {
  readonly name: string
  /** What this member tells the one that leads. */
  subscription(topics: readonly string[]): Uint8Array
  /** Who gets what, in bytes of Kafka's consumer protocol; `topics` are those of the member that leads. */
  assign(
    members: readonly { readonly memberId: string; readonly metadata: Uint8Array }[],
    topics: readonly string[],
  ): Promise<readonly Shared[]>
}

export interface Shared {
  readonly memberId: string
  readonly assignment: Uint8Array
}

/** What a member says of itself. */
export interface Standing {
  readonly topics: readonly string[]
  readonly owned: readonly TopicPartition[]
  readonly generation: number
  /** What it was assigned last, and in which generation. */
  readonly last: { readonly partitions: readonly TopicPartition[]; readonly generation: number }
}

export interface GroupProtocol {
  readonly name: string
  readonly rebalances: readonly RebalanceProtocol[]
  metadata(standing: Standing): Uint8Array
  share(leader: Leader, answer: JoinGroupResponse, topics: readonly string[], patience: Patience): Promise<readonly Shared[]>
  /** What is shared already stands as it is; from now on it is looked whether it still fits. */
  watch(leader: Leader, answer: JoinGroupResponse, topics: readonly string[], patience: Patience): Promise<void>
}

/** Those that the options name, or those of the program; the best first. */
export function protocolsOf(config: ConsumerSettings, own: readonly OwnAssignor[] | undefined): readonly GroupProtocol[] {
  if (own) return own.map(ofProgram)
  return config.partitionAssignmentStrategy.map((name) => ofKafka(known.find((assignor) => assignor.name === name)!, config))
}

function ofKafka(assignor: Assignor, { clientRack }: ConsumerSettings): GroupProtocol {
  return {
    name: assignor.name,
    rebalances: assignor.protocols,
    metadata({ topics, owned, generation, last }) {
      const since = assignor.protocols.includes('COOPERATIVE') ? generation : last.generation
      return writeSubscription({
        topics,
        ownedPartitions: owned,
        generationId: generation,
        rackId: clientRack === '' ? null : clientRack,
        userData: assignor.userData?.(last.partitions, since) ?? null,
      })
    },
    share: (leader, answer, _topics, patience) => leader.assign(assignor, answer, patience),
    watch: (leader, answer, _topics, patience) => leader.watch(answer, patience),
  }
}

function ofProgram(assignor: OwnAssignor): GroupProtocol {
  return {
    name: assignor.name,
    rebalances: ['EAGER'],
    metadata: ({ topics }) => assignor.subscription(topics),
    async share(leader, { members }, topics, patience) {
      await leader.lead(topics, patience)
      return assignor.assign(members, topics)
    },
    watch: (leader, _answer, topics, patience) => leader.lead(topics, patience),
  }
}
