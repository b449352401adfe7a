// What the nodes of a cluster say of it: who leads, who is in sync, who is the active controller.

import { errorName } from '../../../src/protocol/errors.ts'
import { ElectLeadersRequest, ElectLeadersResponse } from '../../../src/protocol/messages/elect-leaders.ts'
import { MetadataRequest, MetadataResponse } from '../../../src/protocol/messages/metadata.ts'
import { KafkaClient } from '../../support/kafka-client.ts'
import { sleep } from '../sleep.ts'
import type { Node } from './nodes.ts'

type Topic = MetadataResponse['topics'][number]
export type PartitionSeen = Topic['partitions'][number]

const ELECT_VERSION = 2
const METADATA_VERSION = 12
const PREFERRED = 0
/** Nothing was to be done. */
const FINE = ['NONE', 'ELECTION_NOT_NEEDED']
const CALL_MS = 3000
const POLL_MS = 20

export class View {
  readonly #clients = new Map<Node, KafkaClient>()

  async at(node: Node): Promise<KafkaClient> {
    const known = this.#clients.get(node)
    if (known?.isOpen) return known
    const client = await KafkaClient.connect(node.bootstrap, undefined, CALL_MS)
    this.#clients.set(node, client)
    return client
  }

  /** Forgets the connection to a node that is about to go, or to be frozen. */
  leave(node: Node): void {
    this.#clients.get(node)?.close()
    this.#clients.delete(node)
  }

  /** What this node knows of all topics (null), or of some. */
  async metadata(node: Node, topics: readonly string[] | null): Promise<MetadataResponse> {
    const body = { topics: topics?.map((name) => ({ name })) ?? null, allowAutoTopicCreation: false }
    return (await this.at(node)).call(MetadataRequest, MetadataResponse, METADATA_VERSION, body)
  }

  /** The partitions of a topic as this node knows them, in order. */
  async partitions(node: Node, topic: string): Promise<readonly PartitionSeen[]> {
    const { topics } = await this.metadata(node, [topic])
    return [...(topics[0]?.partitions ?? [])].sort((one, other) => one.partitionIndex - other.partitionIndex)
  }

  /** The active controller; null where this node knows none. */
  async controllerId(node: Node): Promise<number> {
    return (await this.metadata(node, [])).controllerId
  }

  /** Waits until each of these nodes knows every replica of every topic to be in sync. */
  async untilInSync(nodes: readonly Node[], limitMs: number): Promise<void> {
    let last = ''
    const isSo = async () => {
      for (const node of nodes) {
        const { topics, brokers } = await this.metadata(node, null)
        const behind = topics.flatMap(({ name, partitions }) =>
          partitions.filter(isBehind).map((each) => `${name} ${told(each)}`),
        )
        last = `node ${node.id} knows brokers ${brokers.map(({ nodeId }) => nodeId)}, and of these replicas not all are in sync: ${behind.slice(0, 3)}`
        if (behind.length > 0 || brokers.length < nodes.length) return false
      }
      return true
    }
    await until(isSo, limitMs, () => last)
  }

  /** Puts every leadership back to where it is preferred, and waits until all of these nodes know of it. */
  async electPreferred(nodes: readonly Node[], limitMs: number): Promise<void> {
    let last = ''
    const isSo = async () => {
      const body = { electionType: PREFERRED, topicPartitions: null, timeoutMs: CALL_MS }
      const client = await this.at(nodes[0]!)
      const { errorCode, replicaElectionResults } = await client.call(
        ElectLeadersRequest,
        ElectLeadersResponse,
        ELECT_VERSION,
        body,
      )
      const codes = [
        errorCode,
        ...replicaElectionResults.flatMap(({ partitionResult }) => partitionResult.map((each) => each.errorCode)),
      ]
      const refusals = codes.map(errorName).filter((name) => !FINE.includes(name))
      last = `electing preferred leaders: ${refusals.slice(0, 3)}`
      if (refusals.length > 0) return false
      for (const node of nodes) {
        const { topics } = await this.metadata(node, null)
        const others = topics.flatMap(({ partitions }) =>
          partitions.filter(({ leaderId, replicaNodes }) => leaderId !== replicaNodes[0]),
        )
        last = `node ${node.id} knows other leaders than the preferred ones: ${others.slice(0, 3).map(told)}`
        if (others.length > 0) return false
      }
      return true
    }
    await until(isSo, limitMs, () => last)
  }

  close(): void {
    for (const client of this.#clients.values()) client.close()
  }
}

/** Asks again until it is so, also where asking fails. Throws what `describe` says, or the last failure. */
export async function until(isSo: () => Promise<boolean>, limitMs: number, describe: () => string): Promise<void> {
  const deadline = performance.now() + limitMs
  for (let failure: unknown = null; ; await sleep(POLL_MS)) {
    try {
      if (await isSo()) return
      failure = null
    } catch (thrown) {
      failure = thrown
    }
    if (performance.now() > deadline) throw new Error(`not within ${limitMs} ms: ${failure ?? describe()}`, { cause: failure })
  }
}

const isBehind = ({ replicaNodes, isrNodes }: PartitionSeen) => isrNodes.length < replicaNodes.length

export function told({ partitionIndex, leaderId, replicaNodes, isrNodes }: PartitionSeen): string {
  return `${partitionIndex} (leader ${leaderId}, in sync ${isrNodes} of ${replicaNodes})`
}
