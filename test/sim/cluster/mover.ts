// One who moves replicas, elects leaders, adds partitions, changes how many replicas must be in sync, and replaces brokers.

import { errorName } from '../../../src/protocol/errors.ts'
import {
  AlterPartitionReassignmentsRequest,
  AlterPartitionReassignmentsResponse,
} from '../../../src/protocol/messages/alter-partition-reassignments.ts'
import { CreatePartitionsRequest, CreatePartitionsResponse } from '../../../src/protocol/messages/create-partitions.ts'
import { ElectLeadersRequest, ElectLeadersResponse } from '../../../src/protocol/messages/elect-leaders.ts'
import { MetadataRequest, MetadataResponse } from '../../../src/protocol/messages/metadata.ts'
import { UnregisterBrokerRequest, UnregisterBrokerResponse } from '../../../src/protocol/messages/unregister-broker.ts'
import type { KafkaCalls } from '../../support/kafka-client.ts'
import { Client, type ClientWorld } from '../clients.ts'

/** What the cluster may answer when its brokers come and go, or the same was asked for before. */
const NOT_NOW = [
  'ELECTION_NOT_NEEDED',
  'PREFERRED_LEADER_NOT_AVAILABLE',
  'ELIGIBLE_LEADERS_NOT_AVAILABLE',
  'NO_REASSIGNMENT_IN_PROGRESS',
  'INVALID_REPLICA_ASSIGNMENT',
  'INVALID_REPLICATION_FACTOR',
  'INVALID_PARTITIONS',
  'REASSIGNMENT_IN_PROGRESS',
]

export const GROWING = 'growing'
const MOST_PARTITIONS = 4

/** The hands of who replaces brokers. */
export interface Workshop {
  /** Brokers that the cluster could do without. */
  readonly removable: readonly number[]
  /** Switches a broker off for good; false, with nothing done, where replicas are there. */
  switchOff(id: number): boolean
  /** It comes back, or, where the cluster has forgotten it and nothing can be lost by it, one with an empty disk in its place. */
  switchOn(id: number, isForgotten: boolean): void
}

export interface MoverOptions {
  /** They are there, and have three replicas. */
  readonly topics: readonly string[]
  readonly workshop: Workshop
}

/** How often one who empties a broker looks whether it is empty. */
const LOOKS = 12
const LOOK_MS = 500

export class Mover extends Client {
  readonly #topics: readonly string[]
  readonly #workshop: Workshop
  #partitions = 1

  constructor(name: string, { topics, workshop }: MoverOptions, world: ClientWorld) {
    super(name, world)
    this.#topics = topics
    this.#workshop = workshop
  }

  protected async work(client: KafkaCalls): Promise<void> {
    while (!this.mustStop) {
      const startedAt = this.now
      await this.#doSomething(client)
      this.succeeded(startedAt)
      await this.rest(this.random.next() * 1000)
    }
  }

  #doSomething(client: KafkaCalls): Promise<void> {
    const dice = this.random.next()
    const { removable } = this.#workshop
    if (removable.length > 0 && this.random.chance(0.2)) return this.#replaceBroker(client, this.random.pick(removable))
    if (dice < 0.35) return this.#move(client)
    if (dice < 0.7) return this.#elect(client)
    if (dice < 0.8) return this.#grow(client)
    return this.#requireInSync(client)
  }

  /** To any three brokers, in any order; or back. */
  async #move(client: KafkaCalls): Promise<void> {
    const topic = this.random.pick(this.#topics)
    const body = { topics: [{ name: topic }], allowAutoTopicCreation: false }
    const { brokers, topics } = await client.call(MetadataRequest, MetadataResponse, 12, body)
    this.accept(errorName(topics[0]!.errorCode), `Metadata of ${topic}`)
    const { partitionIndex } = this.random.pick(topics[0]!.partitions)
    const ids = brokers.map(({ nodeId }) => nodeId)
    for (let left = ids.length; left > 1; left--) {
      const at = this.random.below(left)
      ids.push(...ids.splice(at, 1))
    }
    const replicas = this.random.chance(0.3) ? null : ids.slice(0, 3)
    if (replicas && replicas.length < 3) return
    const answer = await client.call(AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse, 1, {
      timeoutMs: 3000,
      topics: [{ name: topic, partitions: [{ partitionIndex, replicas }] }],
    })
    this.#accepted(answer)
    this.note(`moves ${topic}-${partitionIndex} to ${replicas}`)
    this.saw(replicas ? 'replicas were to move' : 'a move was cancelled')
  }

  #accepted({ errorCode, responses }: AlterPartitionReassignmentsResponse): void {
    this.accept(errorName(errorCode), 'AlterPartitionReassignments')
    for (const { name, partitions } of responses)
      for (const partition of partitions)
        this.accept(errorName(partition.errorCode), `a reassignment of ${name}-${partition.partitionIndex}`, NOT_NOW)
  }

  /** Empties a broker, switches it off, has it forgotten, and lets a new one of the same number come. */
  async #replaceBroker(client: KafkaCalls, id: number): Promise<void> {
    for (let look = 0; look < LOOKS && !this.mustStop; look++) {
      const isEmpty = await this.#empty(client, id)
      if (isEmpty && this.#workshop.switchOff(id)) {
        this.note(`removes broker ${id}`)
        this.saw('a broker was removed')
        let isForgotten = false
        try {
          const answer = await client.call(UnregisterBrokerRequest, UnregisterBrokerResponse, 0, { brokerId: id })
          const error = errorName(answer.errorCode)
          isForgotten = error === 'NONE' || error === 'BROKER_ID_NOT_REGISTERED'
          if (!isForgotten) this.accept(error, `UnregisterBroker ${id}`)
        } finally {
          this.#workshop.switchOn(id, isForgotten)
        }
        return
      }
      await this.sleep(LOOK_MS)
    }
  }

  /** Moves away what is there; true where nothing was. */
  async #empty(client: KafkaCalls, id: number): Promise<boolean> {
    const { brokers, topics } = await client.call(MetadataRequest, MetadataResponse, 12, { topics: null })
    const moves = topics.map(({ name, partitions }) => ({
      name: name ?? '',
      partitions: partitions
        .filter(({ replicaNodes }) => replicaNodes.includes(id))
        .map(({ partitionIndex, replicaNodes }) => {
          const others = brokers.map(({ nodeId }) => nodeId).filter((other) => !replicaNodes.includes(other))
          const rest = replicaNodes.filter((other) => other !== id)
          return { partitionIndex, replicas: [...rest, ...others].slice(0, Math.min(3, replicaNodes.length)) }
        })
        .filter(({ replicas }) => replicas.length > 0),
    }))
    const some = moves.filter(({ partitions }) => partitions.length > 0)
    if (some.length === 0) return true
    const body = { timeoutMs: 3000, topics: some }
    this.#accepted(await client.call(AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse, 1, body))
    return false
  }

  async #elect(client: KafkaCalls): Promise<void> {
    const body = { electionType: 0, topicPartitions: null, timeoutMs: 3000 }
    const answer = await client.call(ElectLeadersRequest, ElectLeadersResponse, 2, body)
    this.accept(errorName(answer.errorCode), 'ElectLeaders', NOT_NOW)
    this.saw('preferred leaders were elected')
  }

  async #grow(client: KafkaCalls): Promise<void> {
    const count = Math.min(this.#partitions + 1, MOST_PARTITIONS)
    const topics = [{ name: GROWING, count, assignments: null }]
    const body = { topics, timeoutMs: 3000, validateOnly: false }
    const { results } = await client.call(CreatePartitionsRequest, CreatePartitionsResponse, 3, body)
    const error = errorName(results[0]!.errorCode)
    // One that was asked before, and whose answer was lost, may have added them.
    if (error === 'NONE' || error === 'INVALID_PARTITIONS') this.#partitions = count
    this.accept(error, `CreatePartitions up to ${count}`, NOT_NOW)
    this.saw('partitions were added')
  }

  async #requireInSync(client: KafkaCalls): Promise<void> {
    const least = this.random.pick(['1', '2', '2'])
    const { errorCode } = await client.alterConfigs('topic', this.history.topic, { 'min.insync.replicas': least })
    this.accept(errorName(errorCode), 'a change of min.insync.replicas')
    this.saw('min.insync.replicas was changed')
  }
}
