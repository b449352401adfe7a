// Clients of topics that lose records rightly: by request, by age, and by compaction.

import { errorName } from '../../src/protocol/errors.ts'
import { DeleteRecordsRequest, DeleteRecordsResponse } from '../../src/protocol/messages/delete-records.ts'
import { batchOf, EARLIEST, type KafkaCalls, recordsIn } from '../support/kafka-client.ts'
import type { Audited } from './audit.ts'
import { Client, type ClientWorld } from './clients.ts'
import { PartitionHistory, violated } from './history.ts'

/** Writes, reads, and deletes from the beginning. Retention does so as well, or nobody else. */
export class Trimmer extends Client {
  readonly partition: PartitionHistory
  readonly topic: string
  readonly #hasRetention: boolean
  /** Everything below it is gone for ever. */
  #floor = 0
  /** Up to where it asked for deletion, heard or not. */
  #asked = 0
  #next = 0

  constructor(name: string, topic: string, hasRetention: boolean, world: ClientWorld) {
    super(name, world)
    this.topic = topic
    this.#hasRetention = hasRetention
    this.partition = new PartitionHistory(`${topic}-0`)
  }

  protected async work(client: KafkaCalls): Promise<void> {
    while (!this.mustStop) {
      const startedAt = this.now
      if (this.random.chance(0.6)) await this.#produce(client)
      else if (this.random.chance(0.4)) await this.#delete(client)
      else await this.#read(client)
      this.succeeded(startedAt)
      await this.rest(this.random.next() * 300)
    }
  }

  async #produce(client: KafkaCalls): Promise<void> {
    const startedAt = this.now
    const values = Array.from({ length: 1 + this.random.below(3) }, () => `${this.name}/${this.#next++}`)
    const timestamp = this.process.platform.clock.now()
    const { errorCode, baseOffset } = await client.send(this.topic, 0, batchOf(values.map((value) => ({ value, timestamp }))))
    this.accept(errorName(errorCode), `${values[0]}`)
    for (const [i, value] of values.entries()) this.partition.acknowledge(value, baseOffset + i)
    this.promised(startedAt)
  }

  async #delete(client: KafkaCalls): Promise<void> {
    const startedAt = this.now
    const known = Math.max(-1, ...this.partition.acknowledged.values()) + 1
    const offset = this.#floor + this.random.below(Math.max(0, known - this.#floor) + 1)
    this.#asked = Math.max(this.#asked, offset)
    const topics = [{ name: this.topic, partitions: [{ partitionIndex: 0, offset }] }]
    const answer = await client.call(DeleteRecordsRequest, DeleteRecordsResponse, 2, { topics, timeoutMs: 3000 })
    const { errorCode, lowWatermark } = answer.topics[0]!.partitions[0]!
    this.accept(errorName(errorCode), `DeleteRecords up to ${offset}`)
    if (lowWatermark < offset) violated(`records up to ${offset} of ${this.topic} were deleted, and it starts at ${lowWatermark}`)
    this.note(`deleted ${this.topic} up to ${lowWatermark}`)
    this.saw('records were deleted by request')
    this.#startsAt(lowWatermark)
    this.promised(startedAt)
  }

  async #read(client: KafkaCalls): Promise<void> {
    const before = this.#floor
    const { errorCode, offset: startOffset } = await client.askOffset(this.topic, EARLIEST)
    this.accept(errorName(errorCode), 'ListOffsets')
    if (startOffset < before) violated(`${this.topic} started at ${before} and starts at ${startOffset}`)
    this.#startsAt(startOffset)
    const answer = await client.fetch(this.topic, 0, startOffset)
    // Retention may have been here since.
    this.accept(errorName(answer.errorCode), `fetch of ${this.topic} at ${startOffset}`, ['OFFSET_OUT_OF_RANGE'])
    for (const { offset, value } of recordsIn(answer.records)) this.partition.saw(value ?? '', offset)
  }

  #startsAt(offset: number): void {
    if (offset > this.#asked && !this.#hasRetention)
      violated(`${this.topic} starts at ${offset}, and nobody asked for more to be deleted than up to ${this.#asked}`)
    if (offset > this.#asked) this.saw('a segment went by retention')
    this.#floor = Math.max(this.#floor, offset)
  }

  /** What is there is all that was not deleted. */
  check({ records, startOffset, endOffset }: Audited): void {
    if (startOffset < this.#floor) violated(`${this.topic} started at ${this.#floor} and starts at ${startOffset}`)
    this.#startsAt(startOffset)
    this.partition.checkAll(
      records.filter(({ offset }) => offset >= startOffset),
      endOffset,
      startOffset,
    )
  }
}

interface Put {
  readonly value: string | null
  /** How often the broker had been started when it was sent: no later life of the broker can append it. */
  readonly starts: number
  /** Null: nobody was told. */
  offset: number | null
}

const KEYS = ['red', 'green', 'blue', 'grey']

/** Gives keys new values, one after the other; now and then takes one away. */
export class Keeper extends Client {
  readonly partition: PartitionHistory
  readonly #topic: string
  readonly #puts = new Map<string, Put[]>()
  #next = 0

  constructor(name: string, topic: string, world: ClientWorld) {
    super(name, world)
    this.#topic = topic
    this.partition = new PartitionHistory(`${topic}-0`)
  }

  protected async work(client: KafkaCalls): Promise<void> {
    while (!this.mustStop) {
      const startedAt = this.now
      await this.#put(client)
      this.promised(startedAt)
      await this.rest(this.random.next() * 250)
    }
  }

  async #put(client: KafkaCalls): Promise<void> {
    const key = this.random.pick(KEYS)
    const value = this.random.chance(0.15) ? null : `${key}/${this.#next++}`
    const put: Put = { value, starts: this.starts, offset: null }
    this.#puts.set(key, [...(this.#puts.get(key) ?? []), put])
    const timestamp = this.process.platform.clock.now()
    const { errorCode, baseOffset } = await client.send(this.#topic, 0, batchOf([{ key, value, timestamp }]))
    this.accept(errorName(errorCode), `${key}`)
    put.offset = baseOffset
  }

  /** The last record of each key is the last that was put there, or one that nobody was told of. */
  check({ records, endOffset }: Audited): void {
    for (const { offset, key, value } of records) if (value !== null && key !== null) this.partition.saw(value, offset)
    if (records.length < endOffset) this.saw('a log was compacted')
    for (const [key, puts] of this.#puts) this.#checkKey(key, puts, records.filter((record) => record.key === key).at(-1))
  }

  #checkKey(key: string, puts: readonly Put[], found: Audited['records'][number] | undefined): void {
    const last = puts.findLast(({ offset }) => offset !== null)
    // One that nobody was told of may lie behind `last` only where the broker it was sent to lived on when `last` was sent.
    const mayFollow = puts.filter(({ offset, starts }) => offset === null && starts >= (last?.starts ?? 0))
    const mayBeGone = !last || last.value === null || mayFollow.some(({ value }) => value === null)
    if (found?.value === null) this.saw('a tombstone was read')
    if (!found && !mayBeGone) violated(`${key} of ${this.#topic} was ${last?.value} at ${last?.offset} and is gone`)
    if (found && found.offset > (last?.offset ?? -1) && !mayFollow.some(({ value }) => value === found.value))
      violated(`${key} of ${this.#topic} is ${found.value} at ${found.offset}, which was not put there after ${last?.value}`)
    if (!found || !last || found.offset > last.offset!) return
    if (found.offset !== last.offset || found.value !== last.value)
      violated(`${key} of ${this.#topic} was ${last.value} at ${last.offset} and is ${found.value} at ${found.offset}`)
  }
}
