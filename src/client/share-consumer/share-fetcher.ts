// Who is asked for what: each broker for the partitions of this member that it leads, when the program waits for records and nothing waits for the program.
// Nothing is asked for ahead of that, because a lock runs from when a broker gives a record.

import type { ShareConsumerSettings } from '../../config/client/share-consumer.ts'
import type { Timer } from '../../platform/clock.ts'
import type { Cluster } from '../cluster/cluster.ts'
import type { ClientError } from '../errors/index.ts'
import type { Patience } from '../patience.ts'
import { isOfProgram } from './acknowledgements.ts'
import type { AcquiredRecords } from './acquired-records.ts'
import { type AcknowledgedOffsets, ShareAnswers } from './share-answers.ts'
import { type SharePartition, SharePartitions } from './share-partition.ts'
import { ShareSource, watch } from './share-source.ts'

export interface ShareFetcherOptions {
  readonly cluster: Cluster
  readonly config: ShareConsumerSettings
  readonly memberId: string
  /** The program waits for records, and there are none. */
  readonly isHungry: () => boolean
  readonly onRecords: (acquired: AcquiredRecords) => void
  readonly onAcknowledged: (outcome: AcknowledgedOffsets) => void
  readonly onError: (error: ClientError) => void
}

/** UNKNOWN_SERVER_ERROR: the broker may be better a moment later. */
const UNKNOWN_ERROR = 'UNKNOWN_SERVER_ERROR'

export class ShareFetcher {
  readonly partitions = new SharePartitions()
  readonly #options: ShareFetcherOptions
  readonly #sources = new Map<number, ShareSource>()
  readonly #answers: ShareAnswers
  #assigned: ReadonlySet<SharePartition> = new Set()
  /** By broker: what it leads of that, as far as it is known now. */
  #led = new Map<number, SharePartition[]>()
  /** Partitions that were refused: when they are asked for again, and how often it went wrong. */
  readonly #resting = new Map<SharePartition, { until: number; failures: number }>()
  /** Whose turn it was last, where one is asked at a time. */
  #last = -1
  #isKicked = false
  #isOver = false
  #retry: { readonly timer: Timer; readonly at: number } | null = null

  constructor(options: ShareFetcherOptions) {
    this.#options = options
    const { cluster, config, onAcknowledged } = options
    this.#answers = new ShareAnswers({
      cluster,
      config,
      partitions: this.partitions,
      onAcknowledged,
      onRecords: (acquired) => this.#take(acquired),
      onRefused: (partition, error) => this.#refused(partition, error),
    })
  }

  /** The time of a lock, as brokers said it last; null before. */
  get lockTimeoutMs(): number | null {
    const known = [...this.#sources.values()].flatMap(({ lockTimeoutMs }) => lockTimeoutMs ?? [])
    return known.length === 0 ? null : Math.min(...known)
  }

  /** From now on records of these come, and of no others. */
  assign(partitions: readonly SharePartition[]): void {
    this.#assigned = new Set(partitions)
    for (const each of this.#resting.keys()) if (!this.#assigned.has(each)) this.#resting.delete(each)
    this.kick()
  }

  /** Looks soon for what can be asked: something has changed. */
  kick(): void {
    if (this.#isKicked || this.#isOver) return
    this.#isKicked = true
    queueMicrotask(() => {
      this.#isKicked = false
      if (!this.#isOver) this.#askAll()
    })
  }

  /** Tells brokers at once what was said. */
  flush(): void {
    for (const source of this.#sources.values()) source.flush()
  }

  /** Tells brokers at once what was said; what became of it, partition by partition. */
  async commit(patience: Patience): Promise<readonly AcknowledgedOffsets[]> {
    const outcomes = new Map<string, { place: SharePartition; offsets: number[]; error: ClientError | null }>()
    const waits: Promise<void>[] = []
    for (const source of this.#sources.values()) {
      for (const said of source.unsettled()) {
        waits.push(
          new Promise((resolve) => {
            watch(said, (error) => {
              if (isOfProgram(said)) note(said.partition, said.offset, error)
              resolve()
            })
          }),
        )
      }
    }
    if (waits.length === 0) return []
    this.flush()
    await patience.race(Promise.all(waits))
    return [...outcomes.values()].map(({ place: { topic, partition }, offsets, error }) => {
      return { topic, partition, offsets: offsets.sort((a, b) => a - b), error }
    })

    function note(place: SharePartition, offset: number, error: ClientError | null): void {
      // Records of one partition may have different fates: those of a lost session, for example.
      const key = `${place.name} ${error?.code ?? ''}`
      const known = outcomes.get(key)
      if (known) known.offsets.push(offset)
      else outcomes.set(key, { place, offsets: [offset], error })
    }
  }

  /** Tells what was said, and ends all sessions. What was not acknowledged goes to others. Another session begins when records are wanted again. */
  async leave(patience: Patience): Promise<void> {
    const sources = [...this.#sources.values()]
    this.#sources.clear()
    this.#assigned = new Set()
    this.#led.clear()
    await Promise.all(sources.map((source) => source.close(patience)))
  }

  /** Nothing is asked any more. */
  close(): void {
    this.#isOver = true
    this.#retry?.timer.cancel()
  }

  #askAll(): void {
    this.#led = this.#leaders()
    for (const id of this.#led.keys()) {
      if (!this.#sources.has(id)) this.#sources.set(id, this.#sourceOf(id))
    }
    for (const source of this.#inTurn()) source.kick()
  }

  #sourceOf(id: number): ShareSource {
    const { cluster, config, memberId, onError } = this.#options
    return new ShareSource({
      id,
      cluster,
      config,
      memberId,
      answers: this.#answers,
      wanted: (broker) => this.#wanted(broker),
      onIdle: () => this.kick(),
      onError,
    })
  }

  /** The one that was asked last comes last. */
  #inTurn(): readonly ShareSource[] {
    const sources = [...this.#sources.values()]
    const at = sources.findIndex(({ id }) => id === this.#last) + 1
    return [...sources.slice(at), ...sources.slice(0, at)]
  }

  #wanted(id: number): readonly SharePartition[] | null {
    if (this.#isOver || !this.#options.isHungry()) return null
    const own = this.#led.get(id)
    if (!own) return null
    if (this.#options.config.shareAcquireMode === 'record_limit') {
      // All brokers together may not give more than was asked for.
      for (const { isFetching } of this.#sources.values()) if (isFetching) return null
    }
    this.#last = id
    return own
  }

  #leaders(): Map<number, SharePartition[]> {
    const { cluster } = this.#options
    const now = cluster.platform.clock.monotonic()
    const led = new Map<number, SharePartition[]>()
    for (const each of this.#assigned) {
      const rest = this.#resting.get(each)
      if (rest && rest.until > now) {
        this.#lookAgainAt(rest.until, now)
        continue
      }
      const topic = cluster.peekTopic(each.topic)
      const leader = topic?.id === each.topicId ? topic.partitions[each.partition]?.leaderId : null
      if (leader === null || leader === undefined) {
        cluster.invalidate()
        continue
      }
      const own = led.get(leader)
      if (own) own.push(each)
      else led.set(leader, [each])
    }
    return led
  }

  #lookAgainAt(at: number, now: number): void {
    if (this.#retry && this.#retry.at <= at) return
    this.#retry?.timer.cancel()
    const timer = this.#options.cluster.platform.clock.after(Math.max(1, at - now), () => {
      this.#retry = null
      this.kick()
    })
    this.#retry = { timer, at }
  }

  #take(acquired: AcquiredRecords): void {
    this.#resting.delete(acquired.partition)
    this.#options.onRecords(acquired)
  }

  #refused(partition: SharePartition, error: ClientError): void {
    const { cluster, onError } = this.#options
    const failures = (this.#resting.get(partition)?.failures ?? -1) + 1
    this.#resting.set(partition, {
      until: cluster.platform.clock.monotonic() + cluster.retries.pauseMs(failures),
      failures,
    })
    cluster.heed(error)
    if (!error.retriable && error.code !== UNKNOWN_ERROR) onError(error)
  }
}
