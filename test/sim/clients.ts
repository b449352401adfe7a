// The clients of a simulated broker: they never give up, and tell the history what they were told.

import type { SimProcess } from '../../src/platform/sim/process.ts'
import type { SeededRandom } from '../../src/platform/sim/random.ts'
import type { World } from '../../src/platform/sim/world.ts'
import type { Compression } from '../../src/protocol/compression/index.ts'
import { errorName } from '../../src/protocol/errors.ts'
import { InitProducerIdRequest, InitProducerIdResponse } from '../../src/protocol/messages/init-producer-id.ts'
import { batches, type RecordBatch } from '../../src/protocol/records/batch.ts'
import { batchOf, type KafkaCalls, LATEST, recordsIn } from '../support/kafka-client.ts'
import { type History, NEVER_TAKEN, Violation, violated } from './history.ts'
import type { Sometimes } from './sometimes.ts'

const TIMEOUT_MS = 5000
/** What a broker may say that starts, stops, or has trouble with its disk. */
const PASSING = new Set([
  'NOT_LEADER_OR_FOLLOWER',
  'LEADER_NOT_AVAILABLE',
  'KAFKA_STORAGE_ERROR',
  'REQUEST_TIMED_OUT',
  'NOT_COORDINATOR',
  'COORDINATOR_NOT_AVAILABLE',
  'COORDINATOR_LOAD_IN_PROGRESS',
  'NOT_CONTROLLER',
])

export interface ClientWorld {
  readonly world: World
  readonly history: History
  /** How the clients of one process reach who serves them: one broker, or whichever of several it is. */
  readonly connector: (process: SimProcess) => (timeoutMs: number) => Promise<KafkaCalls>
  /** What may be answered besides, since there are several brokers. */
  readonly passing: readonly string[]
  /** Everybody does things so many times more seldom. */
  readonly pace: number
  /** Of new topics. */
  readonly replicationFactor: number
  /** Whether that server knows that it does not coordinate the group. */
  readonly knowsBetter: (server: string, group: string) => boolean
  /** Who coordinates a group beyond doubt, and since when, as a text; null while that is not certain. */
  readonly coordinator: (group: string) => string | null
  /** A client was told something that must hold from here on. */
  readonly onPromise: (client: string) => void
  /** Counts what breaks the broker's sense of time: its starts and pauses. */
  readonly life: () => number
  /** How often the broker was started. */
  readonly starts: () => number
}

/** Trouble that passes: the connection is given up and all begins again a little later. */
export class Trouble extends Error {
  override readonly name = 'Trouble'
}

/** Throws Trouble for what may pass, Violation for what must not be said; nothing for NONE. */
export function accept(error: string, what: string, alsoPassing: readonly string[] = []): void {
  if (error === 'NONE') return
  if (!PASSING.has(error) && !alsoPassing.includes(error)) violated(`${what} was answered with ${error}`)
  throw new Trouble(`${what}: ${error}`)
}

export abstract class Client {
  readonly name: string
  readonly history: History
  readonly random: SeededRandom
  readonly process: SimProcess
  readonly #world: World
  readonly #connect: (timeoutMs: number) => Promise<KafkaCalls>
  /** What else this client may be told than by one broker alone. */
  readonly passing: readonly string[]
  readonly #pace: number
  readonly #onPromise: (client: string) => void
  readonly #life: () => number
  readonly #starts: () => number
  #mustStop = false
  /** When the last request that succeeded was begun. */
  lastSuccess = -1
  /** How many requests succeeded. */
  successes = 0
  isOver = false

  constructor(name: string, { world, history, connector, passing, pace, onPromise, life, starts }: ClientWorld) {
    this.name = name
    this.history = history
    this.passing = passing
    this.#pace = pace
    this.#world = world
    this.#onPromise = onPromise
    this.#life = life
    this.#starts = starts
    this.random = world.random.fork()
    this.process = world.machine(name).start()
    this.#connect = connector(this.process)
    void this.#live()
  }

  /** Works on one connection until it is lost or `mustStop`. */
  protected abstract work(client: KafkaCalls): Promise<void>

  /** How long it waits for an answer. */
  protected get timeoutMs(): number {
    return TIMEOUT_MS
  }

  get mustStop(): boolean {
    return this.#mustStop
  }

  /** The same number twice: the broker did not stop, start or pause in between. */
  protected get life(): number {
    return this.#life()
  }

  /** How often the broker was started. */
  protected get starts(): number {
    return this.#starts()
  }

  get now(): number {
    return this.#world.events.now
  }

  stop(): void {
    this.#mustStop = true
  }

  protected sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.process.platform.clock.after(ms, resolve))
  }

  /** Until it does the next thing: `ms` in the world of one broker. */
  protected rest(ms: number): Promise<void> {
    return this.sleep(ms * this.#pace)
  }

  /** As the function of that name, where there may be several brokers. */
  protected accept(error: string, what: string, alsoPassing: readonly string[] = []): void {
    if (error.startsWith('NOT_ENOUGH_REPLICAS')) this.saw('too few replicas were in sync')
    if (error.endsWith('_LEADER_EPOCH')) this.saw('a stale leader was known by its epoch')
    accept(error, what, [...alsoPassing, ...this.passing])
  }

  protected note(what: string): void {
    this.#world.events.note(`${this.name} ${what}`)
  }

  /** Counts one of the rare things that runs are made for. */
  protected saw(what: Sometimes): void {
    this.#world.events.saw(what)
  }

  /** An answer promised something; whoever cuts the power at such moments hears of it. */
  protected promised(startedAt: number): void {
    this.succeeded(startedAt)
    this.#onPromise(this.name)
  }

  protected succeeded(startedAt: number): void {
    this.lastSuccess = Math.max(this.lastSuccess, startedAt)
    this.successes++
  }

  protected async newProducer(client: KafkaCalls): Promise<{ producerId: number; producerEpoch: number }> {
    const body = { transactionalId: null, transactionTimeoutMs: 1000 }
    const answer = await client.call(InitProducerIdRequest, InitProducerIdResponse, 5, body)
    this.accept(errorName(answer.errorCode), 'InitProducerId')
    return answer
  }

  async #live(): Promise<void> {
    while (!this.#mustStop) {
      let client: KafkaCalls | null = null
      try {
        client = await this.#connect(this.timeoutMs)
        await this.work(client)
      } catch (thrown) {
        if (!isPassing(thrown)) return this.#fail(thrown)
        this.note((thrown as Error).message)
      } finally {
        client?.close()
      }
      if (!this.#mustStop) await this.sleep(this.random.between(50, 500))
    }
    this.isOver = true
  }

  /** Ends the run: what is thrown inside an event is thrown to who runs it. */
  #fail(thrown: unknown): void {
    this.#world.events.after(0, 'violation', () => {
      throw thrown instanceof Violation ? new Violation(`${this.name}: ${thrown.message}`) : thrown
    })
  }
}

function isPassing(thrown: unknown): boolean {
  return thrown instanceof Trouble || (thrown instanceof Error && thrown.name === 'ConnectionLost')
}

const COMPRESSIONS: readonly Compression[] = ['none', 'none', 'none', 'gzip', 'snappy', 'lz4', 'zstd']

/** Sends every value once, with any acks, and never again. */
export class PlainProducer extends Client {
  #next = 0

  protected async work(client: KafkaCalls): Promise<void> {
    while (!this.mustStop) {
      const partition = this.random.below(this.history.partitions.length)
      const acks = this.random.pick([-1, -1, 1])
      const values = Array.from({ length: 1 + this.random.below(3) }, () => `${this.name}/${this.#next++}`)
      const startedAt = this.now
      const history = this.history.partitions[partition]!
      const { mishaps } = history
      const compression = this.random.pick(COMPRESSIONS)
      const answer = await client.send(this.history.topic, partition, this.#batch(values, compression), { acks })
      this.accept(errorName(answer.errorCode), `${values[0]} with acks=${acks}`)
      if (compression !== 'none') this.saw('a compressed batch was acknowledged')
      this.note(`acks=${acks} ${values[0]} at ${partition}/${answer.baseOffset}`)
      for (const [i, value] of values.entries()) {
        if (acks === -1) history.acknowledge(value, answer.baseOffset + i)
        else history.acknowledgeWritten(value, answer.baseOffset + i, mishaps)
      }
      this.promised(startedAt)
      if (this.random.chance(0.05)) await this.#takeProducerId(client)
      await this.rest(this.random.next() * 250)
    }
  }

  /** Of no use to it; but nobody else may get the same one. */
  async #takeProducerId(client: KafkaCalls): Promise<void> {
    this.history.gaveProducerId((await this.newProducer(client)).producerId, this.name)
  }

  #batch(values: readonly string[], compression: Compression): Uint8Array {
    const timestamp = this.process.platform.clock.now()
    return batchOf(
      values.map((value) => ({ value, timestamp })),
      { compression },
    )
  }
}

interface Batch {
  readonly baseSequence: number
  readonly values: readonly string[]
}

const IN_FLIGHT = 5

/** Up to five batches under way; what was not answered is sent again, in order, with its sequence. */
export class IdempotentProducer extends Client {
  #identity: { producerId: number; producerEpoch: number } | null = null
  #unanswered: Batch[] = []
  #next = 0
  readonly partition: number

  constructor(name: string, partition: number, world: ClientWorld) {
    super(name, world)
    this.partition = partition
  }

  get prefix(): string {
    return `${this.name}/`
  }

  protected async work(client: KafkaCalls): Promise<void> {
    if (!this.#identity) {
      const answer = await this.newProducer(client)
      this.history.gaveProducerId(answer.producerId, this.name)
      this.#identity = answer
    }
    const again = [...this.#unanswered].sort((a, b) => a.baseSequence - b.baseSequence)
    if (again.length > 0) this.saw('a batch was sent again')
    await this.#all(client, again)
    while (!this.mustStop) {
      const count = 1 + this.random.below(IN_FLIGHT)
      await this.#all(
        client,
        Array.from({ length: count }, () => this.#fresh()),
      )
      if (this.random.chance(0.05)) await this.#leaveGap(client)
      await this.rest(this.random.next() * 400)
    }
  }

  /** As a client that lost a batch on its way: what follows it must not be taken. */
  async #leaveGap(client: KafkaCalls): Promise<void> {
    const timestamp = this.process.platform.clock.now()
    const bytes = batchOf([{ value: NEVER_TAKEN, timestamp }], { ...this.#identity, baseSequence: this.#next + 1 })
    const error = errorName((await client.send(this.history.topic, this.partition, bytes)).errorCode)
    if (error === 'NONE') violated(`a batch with sequence ${this.#next + 1} was taken where ${this.#next} should come`)
    if (error === 'OUT_OF_ORDER_SEQUENCE_NUMBER') this.saw('a gap in the sequences was refused')
    else this.accept(error, 'a batch behind a gap')
  }

  #fresh(): Batch {
    const count = 1 + this.random.below(3)
    const values = Array.from({ length: count }, (_, i) => `${this.prefix}${this.#next + i}`)
    const batch = { baseSequence: this.#next, values }
    this.#next += count
    this.#unanswered.push(batch)
    return batch
  }

  /** The first answer that is an error ends it: those behind it follow a batch that is not there. */
  async #all(client: KafkaCalls, all: readonly Batch[]): Promise<void> {
    const answers = all.map((batch) => this.#send(client, batch))
    for (const answer of answers) answer.catch(() => {})
    for (const answer of answers) await answer
  }

  async #send(client: KafkaCalls, batch: Batch): Promise<void> {
    const { baseSequence, values } = batch
    const startedAt = this.now
    const partition = this.history.partitions[this.partition]!
    const known = partition.highWatermark
    const timestamp = this.process.platform.clock.now()
    const bytes = batchOf(
      values.map((value) => ({ value, timestamp })),
      { ...this.#identity, baseSequence },
    )
    const { errorCode, baseOffset } = await client.send(this.history.topic, this.partition, bytes)
    this.accept(errorName(errorCode), `${values[0]}`)
    if (baseOffset < known) this.saw('a duplicate was answered')
    this.note(`${values[0]} at ${this.partition}/${baseOffset}`)
    this.#unanswered.splice(this.#unanswered.indexOf(batch), 1)
    for (const [i, value] of values.entries()) partition.acknowledge(value, baseOffset + i)
    this.promised(startedAt)
  }
}

/** Reads on, and now and then again from somewhere before. */
export class Reader extends Client {
  protected async work(client: KafkaCalls): Promise<void> {
    const next = this.history.partitions.map(() => 0)
    while (!this.mustStop) {
      const partition = this.random.below(next.length)
      if (this.random.chance(0.05)) next[partition] = this.random.below(next[partition]! + 1)
      next[partition] = await this.#fetch(client, partition, next[partition]!)
      if (this.random.chance(0.1)) await this.#askForEnd(client, partition)
      await this.rest(this.random.next() * 250)
    }
  }

  /** Gives where to go on. */
  async #fetch(client: KafkaCalls, partition: number, from: number): Promise<number> {
    const { topic } = this.history
    const history = this.history.partitions[partition]!
    const epoch = await client.leaderEpochOf(topic, partition)
    const [startedAt, floor] = [this.now, history.highWatermarkIn(epoch)]
    const options = { maxWaitMs: this.random.pick([0, 200]), partitionMaxBytes: this.random.pick([100, 5000, 1 << 20]) }
    const answer = await client.fetch(topic, partition, from, options)
    const error = errorName(answer.errorCode)
    const damage = history.damageAt(from)
    if (error === 'CORRUPT_MESSAGE' && damage) {
      this.saw('a damaged batch was met')
      return damage.endOffset
    }
    this.accept(error, `fetch of ${partition}/${from}`)
    history.sawHighWatermark(answer.highWatermark, floor, epoch)
    const next = this.#take(answer.records ?? new Uint8Array(0), partition, from, answer.highWatermark)
    this.succeeded(startedAt)
    return next
  }

  #take(bytes: Uint8Array, partition: number, from: number, highWatermark: number): number {
    const history = this.history.partitions[partition]!
    const sound: RecordBatch[] = []
    let next = from
    for (const batch of batches(bytes)) {
      if (!batch.checksumMatches()) {
        if (!history.damageAt(batch.baseOffset)) violated(`a damaged batch was served at ${partition}/${batch.baseOffset}`)
        this.saw('a damaged batch was met')
      } else sound.push(batch)
      if (batch.baseOffset > next && !history.damageAt(next))
        violated(`${partition}/${next} was left out: ${batch.baseOffset} came instead`)
      if (batch.lastOffset >= highWatermark) violated(`${partition}/${batch.lastOffset} was served above ${highWatermark}`)
      next = Math.max(next, batch.nextOffset)
    }
    for (const batch of sound) for (const { offset, value } of recordsIn(batch.slice())) history.saw(value ?? '', offset)
    return next
  }

  /** Who asks for the end is never sent back behind what anybody was told before (KIP-207). */
  async #askForEnd(client: KafkaCalls, partition: number): Promise<void> {
    const { topic } = this.history
    const history = this.history.partitions[partition]!
    const epoch = await client.leaderEpochOf(topic, partition)
    const floor = history.highWatermarkUpTo(epoch)
    const { errorCode, offset } = await client.askOffset(topic, LATEST, partition)
    this.accept(errorName(errorCode), `ListOffsets of ${partition}`)
    history.sawHighWatermark(offset, floor, epoch)
  }
}
