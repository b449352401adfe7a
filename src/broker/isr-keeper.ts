// Carries what leaders propose of their in-sync replicas to the active controller (AlterPartition): one request under way at a time, and what comes meanwhile
// goes together with the next.

import { type Deferred, deferred } from '../base/deferred.ts'
import type { Logger } from '../platform/logger.ts'
import { errorName, KafkaError } from '../protocol/errors.ts'
import { AlterPartitionRequest, AlterPartitionResponse } from '../protocol/messages/alter-partition.ts'
import type { IsrChange, IsrChanged, IsrKeeper } from '../replication/links.ts'
import type { ControllerClient } from './controller-client.ts'

export interface IsrKeeperRooms {
  readonly controller: ControllerClient
  readonly brokerId: number
  readonly brokerEpoch: () => number
  readonly logger: Logger
}

const ALTER_PARTITION = { request: AlterPartitionRequest, response: AlterPartitionResponse }
/** One request is one decision of the controller, which must not hold its event loop: a broker that comes back joins thousands of partitions. */
const MOST = 250
/** The search for a controller is given up now and then, so that its end is seen; whoever waits is kept waiting by the next one. */
const SEARCH_MS = 30_000

interface Proposal {
  readonly change: IsrChange
  readonly answer: Deferred<IsrChanged>
}

export class AlterPartitionKeeper implements IsrKeeper {
  readonly #rooms: IsrKeeperRooms
  #waiting: Proposal[] = []
  #isBusy = false
  #over: KafkaError | null = null

  constructor(rooms: IsrKeeperRooms) {
    this.#rooms = rooms
  }

  alter(change: IsrChange): Promise<IsrChanged> {
    if (this.#over) return Promise.reject(this.#over)
    const answer = deferred<IsrChanged>()
    this.#waiting.push({ change, answer })
    if (!this.#isBusy) void this.#carry()
    return answer.promise
  }

  /** Nothing is carried any more; who waits is refused. */
  stop(): void {
    this.#over = new KafkaError('NOT_CONTROLLER', 'the broker is stopping')
    for (const { answer } of this.#waiting.splice(0)) answer.reject(this.#over)
  }

  async #carry(): Promise<void> {
    this.#isBusy = true
    try {
      while (this.#waiting.length > 0) {
        // One change of a partition a request: the next one is judged by what this one makes of it.
        const [now, later] = firstOfEach(this.#waiting)
        this.#waiting = later
        await this.#send(now)
      }
    } finally {
      this.#isBusy = false
    }
  }

  async #send(proposals: readonly Proposal[]): Promise<void> {
    const { controller, logger } = this.#rooms
    try {
      const answer = await controller.send(ALTER_PARTITION, this.#request(proposals), SEARCH_MS)
      if (answer.errorCode !== 0) throw new KafkaError(errorName(answer.errorCode), 'the controller refused AlterPartition')
      for (const { change, answer: waiting } of proposals) settle(change, answer, waiting)
    } catch (thrown) {
      if (thrown instanceof KafkaError && thrown.error === 'REQUEST_TIMED_OUT' && !this.#over) {
        logger.warn('no controller takes changes of in-sync replicas; they wait', {
          changes: proposals.length,
          why: thrown.message,
        })
        this.#waiting = [...proposals, ...this.#waiting]
        return
      }
      for (const { answer } of proposals) answer.reject(this.#over ?? thrown)
    }
  }

  #request(proposals: readonly Proposal[]) {
    const { brokerId, brokerEpoch } = this.#rooms
    const topics = new Map<string, ReturnType<typeof partitionOf>[]>()
    for (const { change } of proposals) {
      const partitions = topics.get(change.topicId)
      if (partitions) partitions.push(partitionOf(change))
      else topics.set(change.topicId, [partitionOf(change)])
    }
    return {
      brokerId,
      brokerEpoch: brokerEpoch(),
      topics: [...topics].map(([topicId, partitions]) => ({ topicId, partitions })),
    }
  }
}

function partitionOf({ partition, leaderEpoch, newIsr, leaderRecoveryState, partitionEpoch }: IsrChange) {
  return { partitionIndex: partition, leaderEpoch, newIsrWithEpochs: newIsr, leaderRecoveryState, partitionEpoch }
}

/** The first proposal of each partition, up to `MOST` of them, and the rest. */
function firstOfEach(all: readonly Proposal[]): [Proposal[], Proposal[]] {
  const seen = new Set<string>()
  const first: Proposal[] = []
  const rest: Proposal[] = []
  for (const proposal of all) {
    const key = `${proposal.change.topicId} ${proposal.change.partition}`
    if (seen.has(key) || first.length === MOST) rest.push(proposal)
    else first.push(proposal)
    seen.add(key)
  }
  return [first, rest]
}

function settle(change: IsrChange, { topics }: AlterPartitionResponse, waiting: Deferred<IsrChanged>): void {
  const found = topics
    .find(({ topicId }) => topicId === change.topicId)
    ?.partitions.find(({ partitionIndex }) => partitionIndex === change.partition)
  const name = `${change.topic}-${change.partition}`
  if (!found) return waiting.reject(new KafkaError('UNKNOWN_SERVER_ERROR', `the controller did not answer for ${name}`))
  const { errorCode, leaderId, leaderEpoch, isr, leaderRecoveryState, partitionEpoch } = found
  if (errorCode !== 0)
    waiting.reject(new KafkaError(errorName(errorCode), `the controller refused the in-sync replicas of ${name}`))
  else waiting.resolve({ leaderId, leaderEpoch, isr, leaderRecoveryState, partitionEpoch })
}
