// Tells the controller in which of its log directories each replica of this broker lies (AssignReplicasToDirs, KIP-858): only then does it know what is lost
// with a directory that fails.

import { type Deferred, deferred } from '../base/deferred.ts'
import type { MetadataImage } from '../metadata/image.ts'
import type { MetadataDelta } from '../metadata/publisher.ts'
import type { Clock, Timer } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import type { Slices } from '../platform/slices.ts'
import { type ErrorName, errorName, KafkaError } from '../protocol/errors.ts'
import { AssignReplicasToDirsRequest, AssignReplicasToDirsResponse } from '../protocol/messages/assign-replicas-to-dirs.ts'
import type { Replicas } from '../replication/replicas.ts'
import type { ControllerClient } from './controller-client.ts'

export interface DirectoryKeeperRooms {
  readonly controller: ControllerClient
  readonly brokerId: number
  /** -1 before this broker is registered: nothing is told then. */
  readonly brokerEpoch: () => number
  readonly replicas: Replicas
  readonly image: MetadataImage
  readonly clock: Clock
  readonly logger: Logger
  readonly slices: Slices
}

/** One replica of this broker, and who waits until the controller knows where it lies. */
interface Place {
  readonly topic: string
  readonly topicId: string
  readonly index: number
  /** Null: where it lies when it is told. */
  readonly directoryId: string | null
  readonly told: Deferred<void> | null
}

type Named = Place & { readonly directoryId: string; readonly source: Place }

const ASSIGN = { request: AssignReplicasToDirsRequest, response: AssignReplicasToDirsResponse }
/** One request names so many replicas at most: the controller decides on all of them in one go. */
const AT_ONCE = 1000
const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 10_000
const SEARCH_MS = 30_000
/** The metadata is ahead of, or behind, what this broker holds; what it says next decides. */
const NOT_OURS: ReadonlySet<ErrorName> = new Set(['UNKNOWN_TOPIC_ID', 'UNKNOWN_TOPIC_OR_PARTITION', 'NOT_LEADER_OR_FOLLOWER'])

export class DirectoryKeeper {
  readonly #rooms: DirectoryKeeperRooms
  readonly #waiting = new Map<string, Place>()
  #isBusy = false
  #isOver = false
  #pause: Timer | null = null
  #pauseMs = FIRST_PAUSE_MS

  constructor(rooms: DirectoryKeeperRooms) {
    this.#rooms = rooms
  }

  /** To be called with every change of the metadata, after the replicas took it over. */
  readonly follow = async ({ partitionsChanged }: MetadataDelta): Promise<void> => {
    const { brokerId, slices } = this.#rooms
    await slices.each(partitionsChanged, ({ topic, after }) => {
      if (!after.replicas.includes(brokerId)) return
      const place = { topic: topic.name, topicId: topic.id, index: after.partition, directoryId: null, told: null }
      if (this.#named(place) && !this.#waiting.has(keyOf(place))) this.#waiting.set(keyOf(place), place)
    })
    this.begin()
  }

  /** Tells what waits to be told; to be called when this broker was registered, too. */
  begin(): void {
    if (this.#waiting.size === 0 || this.#isBusy || this.#pause || this.#isOver || this.#rooms.brokerEpoch() < 0) return
    void this.#tell()
  }

  /**
   * Resolves when the controller counts the replica to that directory, where it is about to be. Rejects with what it is refused with, and where this broker
   * stops before.
   */
  assign(topic: string, topicId: string, index: number, directoryId: string): Promise<void> {
    if (this.#isOver) return Promise.reject(stopping())
    const told = deferred<void>()
    const place = { topic, topicId, index, directoryId, told }
    this.#waiting.get(keyOf(place))?.told?.reject(new KafkaError('REQUEST_TIMED_OUT', `${topic}-${index} goes elsewhere now`))
    this.#waiting.set(keyOf(place), place)
    this.begin()
    return told.promise
  }

  /** The replica lies where it lay: what was told of it may be wrong. */
  stays(topic: string, topicId: string, index: number): void {
    if (this.#isOver) return
    const place = { topic, topicId, index, directoryId: null, told: null }
    this.#waiting.get(keyOf(place))?.told?.reject(new KafkaError('REQUEST_TIMED_OUT', `${topic}-${index} stays where it was`))
    this.#waiting.set(keyOf(place), place)
    this.begin()
  }

  /** Tells nothing any more. */
  stop(): void {
    this.#isOver = true
    this.#pause?.cancel()
    for (const { told } of this.#waiting.values()) told?.reject(stopping())
    this.#waiting.clear()
  }

  async #tell(): Promise<void> {
    this.#isBusy = true
    try {
      while (this.#waiting.size > 0 && !this.#isOver) {
        const batch = this.#next()
        if (batch.length > 0) await this.#send(batch)
        this.#pauseMs = FIRST_PAUSE_MS
      }
    } catch (thrown) {
      this.#tryAgain(thrown)
    } finally {
      this.#isBusy = false
    }
  }

  #tryAgain(error: unknown): void {
    if (this.#isOver) return
    const { clock, logger } = this.#rooms
    const facts = { replicas: this.#waiting.size, retryMs: this.#pauseMs, error }
    logger.warn('the controller could not be told where replicas lie; it is told again', facts)
    this.#pause = clock.after(this.#pauseMs, () => {
      this.#pause = null
      this.begin()
    })
    this.#pauseMs = Math.min(2 * this.#pauseMs, LONGEST_PAUSE_MS)
  }

  /** Some of those that are still to be told of; the others are dropped on the way. */
  #next(): Named[] {
    const batch: Named[] = []
    for (const [key, place] of this.#waiting) {
      if (batch.length >= AT_ONCE) break
      const named = this.#named(place)
      if (named) batch.push(named)
      else {
        this.#waiting.delete(key)
        place.told?.resolve()
      }
    }
    return batch
  }

  /** Null where the metadata says so already, or nothing of it lies here. */
  #named(place: Place): Named | null {
    const { replicas, image, brokerId } = this.#rooms
    const partition = replicas.get(place.topic, place.index)
    const dir = partition?.topicId === place.topicId ? replicas.placeOf(partition) : undefined
    const directoryId = place.directoryId ?? dir?.directoryId
    if (directoryId === undefined) return null
    const known = image.topicsById.get(place.topicId)?.partitions[place.index]
    if (!known?.replicas.includes(brokerId)) return null
    return known.directories[known.replicas.indexOf(brokerId)] === directoryId ? null : { ...place, directoryId, source: place }
  }

  async #send(batch: readonly Named[]): Promise<void> {
    const { controller, brokerId, brokerEpoch, logger } = this.#rooms
    const body = { brokerId, brokerEpoch: brokerEpoch(), directories: byDirectory(batch) }
    const answer = await controller.send(ASSIGN, body, SEARCH_MS)
    if (answer.errorCode !== 0) throw new KafkaError(errorName(answer.errorCode), 'the controller refused AssignReplicasToDirs')
    const outcomes = outcomesIn(answer)
    const left: string[] = []
    for (const place of batch) {
      const outcome = outcomes.get(`${place.directoryId} ${keyOf(place)}`) ?? 'UNKNOWN_SERVER_ERROR'
      if (outcome !== 'NONE' && !NOT_OURS.has(outcome)) left.push(`${place.topic}-${place.index}: ${outcome}`)
      else this.#settled(place, outcome)
    }
    if (left.length > 0) throw new KafkaError('UNKNOWN_SERVER_ERROR', left.slice(0, 5).join(', '))
    logger.debug('the controller knows where replicas lie', { replicas: batch.length })
  }

  #settled(place: Named, outcome: ErrorName): void {
    const key = keyOf(place)
    // Where another word about it came meanwhile, that is told next.
    if (this.#waiting.get(key) === place.source) this.#waiting.delete(key)
    if (outcome === 'NONE') place.told?.resolve()
    else place.told?.reject(new KafkaError(outcome, `the controller knows no replica of ${place.topic}-${place.index} here`))
  }
}

function keyOf({ topicId, index }: Pick<Place, 'topicId' | 'index'>): string {
  return `${topicId} ${index}`
}

function byDirectory(batch: readonly Named[]) {
  const directories = new Map<string, Map<string, { partitionIndex: number }[]>>()
  for (const { directoryId, topicId, index } of batch) {
    let topics = directories.get(directoryId)
    if (!topics) directories.set(directoryId, (topics = new Map()))
    const partitions = topics.get(topicId)
    if (partitions) partitions.push({ partitionIndex: index })
    else topics.set(topicId, [{ partitionIndex: index }])
  }
  return [...directories].map(([id, topics]) => ({
    id,
    topics: [...topics].map(([topicId, partitions]) => ({ topicId, partitions })),
  }))
}

/** By directory, topic id and number. */
function outcomesIn({ directories }: AssignReplicasToDirsResponse): Map<string, ErrorName> {
  const outcomes = new Map<string, ErrorName>()
  for (const { id, topics } of directories)
    for (const { topicId, partitions } of topics)
      for (const { partitionIndex: index, errorCode } of partitions)
        outcomes.set(`${id} ${keyOf({ topicId, index })}`, errorName(errorCode))
  return outcomes
}

function stopping(): KafkaError {
  return new KafkaError('NOT_CONTROLLER', 'the broker is stopping')
}
