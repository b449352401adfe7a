// The way into the producer: a record is turned into bytes, gets its partition, and waits for room where there is none. Records of a topic go in in the
// order in which they were given; most of them without any wait.

import { type Compression, compressions } from '../../protocol/compression/index.ts'
import { roomFor } from '../../protocol/records/appender.ts'
import type { Header } from '../../protocol/records/record.ts'
import type { Cluster } from '../cluster/cluster.ts'
import type { TopicInfo } from '../cluster/metadata.ts'
import { BrokerError, ClientError, SerializationError } from '../errors/index.ts'
import type { Patience } from '../patience.ts'
import type { Serializer } from '../serde/serde.ts'
import type { Accumulator } from './accumulator.ts'
import type { Delivery } from './batch.ts'
import type { BatchMemory } from './memory.ts'
import type { Partitioner, StickySpread } from './partitioner.ts'
import { headersOf, kindOf, type ProducerRecord } from './record.ts'

export interface EntranceOptions<K, V> {
  readonly cluster: Cluster
  readonly accumulator: Accumulator
  readonly memory: BatchMemory
  readonly keySerializer: Serializer<K>
  readonly valueSerializer: Serializer<V>
  readonly partitioner: Partitioner
  readonly spread: StickySpread
  readonly maxRequestSize: number
  readonly maxBlockMs: number
  readonly compressionType: Compression
  /** A batch was begun that was not there before. */
  readonly onBatch: () => void
  /** Throws where no record may be given now. */
  readonly check: () => void
  /** Throws where one that was given before may not come in any more. */
  readonly checkLater: () => void
  /** A record that was given did not come in. */
  readonly onRefused: (why: unknown) => void
}

/** A record in bytes. */
interface Entry {
  readonly topic: string
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: readonly Header[]
  readonly timestamp: number
  /** As it was asked for. */
  readonly partition: number | undefined
  readonly codec: Compression
}

/** Where it goes. */
interface Place {
  readonly entry: Entry
  readonly info: TopicInfo
  readonly partition: number
  /** It has no key: those without one fill a batch before they go to another partition. */
  readonly isSpread: boolean
}

interface Line {
  last: Promise<void>
  waiting: number
}

export class Entrance<K, V> {
  readonly #options: EntranceOptions<K, V>
  /** By topic: who waits. */
  readonly #lines = new Map<string, Line>()

  constructor(options: EntranceOptions<K, V>) {
    this.#options = options
  }

  /**
   * Takes the record in; undefined where that was done at once, else a promise of it. Throws and rejects where it cannot be taken in: the delivery is not
   * told then. The record is read before this returns, unless a serializer takes its time.
   */
  enter(record: ProducerRecord<K, V>, delivery: Delivery, tag: number, signal?: AbortSignal): Promise<void> | undefined {
    const { check, onRefused } = this.#options
    check()
    try {
      return this.#enter(record, delivery, tag, signal)
    } catch (thrown) {
      onRefused(thrown)
      throw thrown
    }
  }

  #enter(
    record: ProducerRecord<K, V>,
    delivery: Delivery,
    tag: number,
    signal: AbortSignal | undefined,
  ): Promise<void> | undefined {
    const { cluster } = this.#options
    const { topic } = record
    if (typeof topic !== 'string' || topic === '') {
      throw new ClientError('INVALID_TOPIC_EXCEPTION', `a record's topic is ${JSON.stringify(topic)}; it needs a name`)
    }
    const entry = this.#serialized(record)
    if (entry instanceof Promise) {
      entry.catch(() => {}) // told to who waits in line, and nobody may wait yet
      return this.#enterLater(topic, entry, delivery, tag, signal)
    }
    const info = this.#lines.has(topic) ? undefined : cluster.peekTopic(topic)
    if (!info || !this.#isKnown(entry, info)) return this.#enterLater(topic, copied(entry), delivery, tag, signal)
    const place = this.#placeOf(entry, info)
    if (this.#put(place, delivery, tag)) return undefined
    const patience = this.#patience(topic, signal)
    const kept = { ...place, entry: copied(entry) }
    return this.#inLine(topic, () => this.#squeeze(kept, delivery, tag, patience))
  }

  #enterLater(
    topic: string,
    given: Entry | Promise<Entry>,
    delivery: Delivery,
    tag: number,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { cluster, checkLater } = this.#options
    const patience = this.#patience(topic, signal)
    // A serializer has all the time that it wants, while there is a producer.
    const serializing = cluster.patience(`serializing a record of ${topic}`, { signal })
    return this.#inLine(topic, async () => {
      patience.check()
      const entry = given instanceof Promise ? await serializing.race(given) : given
      const place = this.#placeOf(entry, await this.#topicOf(entry, patience))
      checkLater()
      if (!this.#put(place, delivery, tag)) await this.#squeeze(place, delivery, tag, patience)
    })
  }

  #patience(topic: string, signal: AbortSignal | undefined): Patience {
    const { cluster, maxBlockMs } = this.#options
    return cluster.patience(`taking in a record of ${topic}`, { timeoutMs: maxBlockMs, signal })
  }

  /** Resolves when nobody waits any more of those that do now. */
  async settled(): Promise<void> {
    await Promise.all([...this.#lines.values()].map(({ last }) => last))
  }

  #inLine(topic: string, act: () => Promise<void>): Promise<void> {
    let line = this.#lines.get(topic)
    if (!line) this.#lines.set(topic, (line = { last: Promise.resolve(), waiting: 0 }))
    const mine = line
    mine.waiting++
    const done = mine.last.then(async () => {
      try {
        this.#options.checkLater()
        await act()
      } catch (thrown) {
        this.#options.onRefused(thrown)
        throw thrown
      } finally {
        // Before anybody hears that it is done: who gives the next record then needs no line where nobody else waits.
        if (--mine.waiting === 0) this.#lines.delete(topic)
      }
    })
    mine.last = done.catch(() => {}) // told to who waits for `done`
    return done
  }

  #serialized(record: ProducerRecord<K, V>): Entry | Promise<Entry> {
    const { cluster, keySerializer, valueSerializer, compressionType } = this.#options
    const {
      topic,
      partition,
      timestamp = Math.floor(cluster.platform.clock.now()),
      compressionType: codec = compressionType,
    } = record
    const headers = headersOf(record.headers)
    const key = record.key === undefined ? null : keySerializer.serialize(record.key, { topic, part: 'key', headers })
    if (key instanceof Promise) key.catch(() => {}) // where the value throws, nobody else hears of it
    const value = valueSerializer.serialize(record.value, { topic, part: 'value', headers })
    if (key instanceof Promise || value instanceof Promise) {
      return Promise.all([key, value]).then(([key, value]) =>
        this.#checked({ topic, key, value, headers, timestamp, partition, codec }),
      )
    }
    return this.#checked({ topic, key, value, headers, timestamp, partition, codec })
  }

  #checked(entry: Entry): Entry {
    const { topic, key, value, timestamp, headers, codec } = entry
    const { maxRequestSize } = this.#options
    checkBytes('key', key, topic)
    checkBytes('value', value, topic)
    for (const header of headers) checkHeader(header, topic)
    if (!Number.isSafeInteger(timestamp) || timestamp < 0) {
      throw new ClientError(
        'INVALID_TIMESTAMP',
        `the timestamp of a record of ${topic} is ${timestamp}, no milliseconds since 1970`,
      )
    }
    if (!compressions.includes(codec)) {
      throw new ClientError(
        'UNSUPPORTED_COMPRESSION_TYPE',
        `compressionType=${codec} of a record of ${topic} is none of ${compressions.join(', ')}`,
      )
    }
    const size = roomFor(entry)
    if (!(size > 0 && size <= maxRequestSize)) {
      throw new ClientError('MESSAGE_TOO_LARGE', `a record of ${topic} takes ${size} bytes; maxRequestSize is ${maxRequestSize}`)
    }
    return entry
  }

  #isKnown({ partition }: Entry, { partitions }: TopicInfo): boolean {
    return partitions.length > 0 && (partition === undefined || partition < partitions.length)
  }

  /** Waits until the topic, and the partition that was asked for, are known. */
  async #topicOf(entry: Entry, patience: Patience): Promise<TopicInfo> {
    const { cluster } = this.#options
    const { topic, partition } = entry
    const [info] = await cluster.topics([topic], patience)
    if (this.#isKnown(entry, info!)) return info!
    // Partitions may have been added since.
    const now = (await cluster.refresh(patience)).topics.get(topic)
    if (now && this.#isKnown(entry, now)) return now
    throw new BrokerError(
      'UNKNOWN_TOPIC_OR_PARTITION',
      `${topic} has ${now?.partitions.length ?? 0} partitions, and no partition ${partition}`,
    )
  }

  #placeOf(entry: Entry, info: TopicInfo): Place {
    const { partitioner, spread } = this.#options
    if (entry.partition !== undefined) {
      return { entry, info, partition: checkedPartition(entry.partition, info), isSpread: false }
    }
    const chosen = partitioner(entry, info)
    return chosen === null
      ? { entry, info, partition: spread.partition(info), isSpread: true }
      : { entry, info, partition: checkedPartition(chosen, info), isSpread: false }
  }

  /** False where there is no memory for another batch. */
  #put(place: Place, delivery: Delivery, tag: number): boolean {
    const { accumulator, memory, onBatch } = this.#options
    const { entry, partition } = place
    const lane = accumulator.lane(entry.topic, partition)
    if (!accumulator.append(lane, entry, entry.codec, delivery, tag)) {
      const taken = memory.tryTake(accumulator.roomFor(entry))
      if (!taken) return false
      accumulator.appendNew(lane, taken, entry, entry.codec, delivery, tag)
      onBatch()
    }
    this.#spreadOn(place)
    return true
  }

  #spreadOn({ entry, info, partition, isSpread }: Place): void {
    if (!isSpread) return
    const { accumulator, spread } = this.#options
    const { open } = accumulator.lane(entry.topic, partition)
    const size = roomFor(entry)
    spread.appended(info, partition, size, open === null || open.sizeInBytes + size > open.reservedBytes)
  }

  /** Waits for memory. */
  async #squeeze(place: Place, delivery: Delivery, tag: number, patience: Patience): Promise<void> {
    const { accumulator, memory, onBatch, checkLater } = this.#options
    const { entry, partition } = place
    const taking = memory.take(accumulator.roomFor(entry), patience)
    onBatch() // somebody waits: what is there must not linger
    const taken = await taking
    try {
      checkLater()
    } catch (thrown) {
      taken.release()
      memory.give(taken.bytes.length)
      throw thrown
    }
    accumulator.appendNew(accumulator.lane(entry.topic, partition), taken, entry, entry.codec, delivery, tag)
    onBatch()
    this.#spreadOn(place)
  }
}

/** The record as it is now: its program may change it after `send` has returned. */
function copied({ headers, ...entry }: Entry): Entry {
  return {
    ...entry,
    key: entry.key && new Uint8Array(entry.key),
    value: entry.value && new Uint8Array(entry.value),
    headers: headers.map(({ key, value }) => ({ key, value: value && new Uint8Array(value) })),
  }
}

function checkBytes(part: 'key' | 'value', bytes: unknown, topic: string): void {
  if (bytes === null || bytes instanceof Uint8Array) return
  throw new SerializationError(`the serializer of a ${part} of ${topic} gave no bytes; give one that turns it into a Uint8Array`)
}

function checkHeader({ key, value }: Header, topic: string): void {
  if (typeof key !== 'string') {
    throw new SerializationError(`the key of a header of a record of ${topic} is ${kindOf(key)}; give a text`)
  }
  if (value !== null && !(value instanceof Uint8Array)) {
    throw new SerializationError(
      `the header ${JSON.stringify(key)} of a record of ${topic} is ${kindOf(value)}; give a text, bytes or null`,
    )
  }
}

function checkedPartition(partition: number, { name, partitions }: TopicInfo): number {
  if (Number.isInteger(partition) && partition >= 0 && partition < partitions.length) return partition
  throw new BrokerError(
    'UNKNOWN_TOPIC_OR_PARTITION',
    `${name} has ${partitions.length} partitions, and no partition ${partition}`,
  )
}
