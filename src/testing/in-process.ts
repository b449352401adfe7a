// What `testKafka` gives: the brokers, their time, and the few clients of its own.

import { type Duration, durationMs } from '../base/duration.ts'
import { Admin } from '../client/admin/admin.ts'
import { type GroupLagOptions, groupLag, type PartitionLag } from '../client/admin/lag.ts'
import type { ClientPlatform } from '../client/cluster/cluster.ts'
import type { ConsumerRecord } from '../client/consumer/index.ts'
import { AbortedError } from '../client/errors/index.ts'
import type { WaitOptions } from '../client/patience.ts'
import { Producer } from '../client/producer/producer.ts'
import type { RecordMetadata } from '../client/producer/record.ts'
import type { Clock } from '../platform/clock.ts'
import { silentLogger } from '../platform/logger.ts'
import { nodeClock } from '../platform/node/clock.ts'
import { nodeOffload } from '../platform/node/offload.ts'
import { nodePlatform } from '../platform/node/platform.ts'
import { stayFor } from '../platform/node/process.ts'
import type { Faults } from './faults.ts'
import type { KillOptions, TestClient, TestKafka, TestKafkaOptions, TestTime, TopicOptions } from './kafka.ts'
import { type LagOptions, lagZero } from './lag.ts'
import { Nodes } from './nodes.ts'
import { produceAll, type ReadOptions, readAll, type TestRecord } from './records.ts'
import { TestFaults } from './test-faults.ts'
import { createTopic } from './topics.ts'
import { Traffic } from './traffic.ts'
import { VirtualClock } from './virtual-clock.ts'

const GIB = 1024 ** 3
/** By how much time is moved at once for nodes that look for each other. */
const HURRY_MS = 20
/** Nothing that a test is about: a client whose own clock stands still would lose its connection for no reason that it knows. */
const DEFAULTS = { 'connections.max.idle.ms': '-1' }

export class InProcessKafka implements TestKafka {
  readonly #real: Clock
  readonly #clock: VirtualClock
  /** Lets everything happen that follows from what has happened. */
  readonly #settle: () => Promise<void>
  readonly #nodes: Nodes
  readonly #faults: TestFaults
  readonly bootstrapServers: string
  readonly clusterId: string
  readonly client: TestClient
  readonly time: TestTime
  #admin: Admin | null = null
  #producer: Producer | null = null
  /** The last move of time. */
  #moving: Promise<void> = Promise.resolve()
  #closing: Promise<void> | null = null

  static async start(count: number, options: TestKafkaOptions): Promise<InProcessKafka> {
    const { config = {}, logger = silentLogger, maxMemoryBytes = GIB } = options
    const real = nodeClock({ keepsAlive: true })
    const traffic = new Traffic()
    const clock = new VirtualClock(real, () => traffic.note())
    const { random, network, http, vitals } = nodePlatform({ logger })
    const platform = { random, network: traffic.watch(network), logger, ...(http && { http }), ...(vitals && { vitals }) }
    const faults: TestFaults = new TestFaults({
      clock,
      real,
      ids: Array.from({ length: count }, (_, at) => at + 1),
      disk: (id) => nodes.node(id).faults,
      cut: (id) => nodes.cut(id),
    })
    const nodes: Nodes = await Nodes.open({
      count,
      config: new Map(Object.entries({ ...DEFAULTS, ...config }).map(([key, value]) => [key, String(value)])),
      maxMemoryBytes: Math.floor(maxMemoryBytes / count),
      platform,
      offload: nodeOffload,
      clock,
      step: (id) => faults.requests.step(id),
    })
    const settle = () => traffic.settled(() => new Promise((resolve) => real.soon(resolve)))
    try {
      await hurried(nodes.startAll(), () => clock.move(HURRY_MS, settle))
    } catch (thrown) {
      await nodes.close().catch(() => {}) // the first failure is the one to tell
      clock.end()
      throw thrown
    }
    for (const warning of nodes.warnings) logger.warn(warning)
    return new InProcessKafka({ real, clock, settle, nodes, faults, platform })
  }

  private constructor(rooms: {
    readonly real: Clock
    readonly clock: VirtualClock
    readonly settle: () => Promise<void>
    readonly nodes: Nodes
    readonly faults: TestFaults
    readonly platform: Pick<ClientPlatform, 'random' | 'network' | 'logger'>
  }) {
    const { real, clock, settle, nodes, faults, platform } = rooms
    this.#real = real
    this.#clock = clock
    this.#settle = settle
    this.#nodes = nodes
    this.#faults = faults
    this.bootstrapServers = nodes.running.map(({ bootstrapServers }) => bootstrapServers).join(',')
    this.clusterId = nodes.running[0]!.clusterId
    const { random, network, logger } = platform
    this.client = {
      bootstrapServers: this.bootstrapServers,
      platform: { clock, random, network, logger, offload: nodeOffload() },
      connectionsMaxIdleMs: -1,
    }
    this.time = { now: () => clock.now(), advance: (by, options) => this.#advance(by, options) }
  }

  get ids(): readonly number[] {
    return this.#nodes.ids
  }

  get faults(): Faults {
    return this.#faults
  }

  get admin(): Admin {
    this.#checkOpen()
    this.#admin ??= new Admin(this.client)
    return this.#admin
  }

  async topic(prefix: string, options?: TopicOptions): Promise<string> {
    const rooms = {
      admin: this.admin,
      random: this.client.platform.random,
      real: this.#real,
      isKnown: (name: string) => this.#isKnown(name),
    }
    return createTopic(rooms, prefix, options)
  }

  #isKnown(name: string): boolean {
    return this.#nodes.running.every(({ rooms }) => {
      const topic = rooms.metadata.publisher.image.topic(name)
      return topic?.partitions.every(({ leader }) => leader >= 0) ?? false
    })
  }

  async produce(topic: string, records: readonly TestRecord[], options?: WaitOptions): Promise<readonly RecordMetadata[]> {
    this.#checkOpen()
    this.#producer ??= new Producer(this.client)
    return produceAll(this.#producer, topic, records, options)
  }

  async readAll<K = string | null, V = string | null>(
    topic: string,
    options?: ReadOptions<K, V>,
  ): Promise<ConsumerRecord<K, V>[]> {
    this.#checkOpen()
    return readAll(this.client, this.#real, topic, options)
  }

  async lag(group: string, options?: GroupLagOptions): Promise<readonly PartitionLag[]> {
    return groupLag(this.admin, group, options)
  }

  async lagZero(group: string, options?: LagOptions): Promise<void> {
    return lagZero(this.admin, this.#real, group, options)
  }

  async #advance(by: Duration, { signal }: WaitOptions = {}): Promise<void> {
    this.#checkOpen()
    const ms = durationMs(by)
    const settle = async () => {
      if (signal?.aborted) throw new AbortedError(signal.reason)
      await this.#settle()
    }
    const before = this.#moving
    const mine = (async () => {
      await before.catch(() => {}) // its own caller was told
      await this.#clock.move(ms, settle)
    })()
    this.#moving = mine
    await stayFor(mine)
  }

  async failed(id?: number): Promise<Error> {
    const { running } = this.#nodes.node(this.#one(id))
    if (!running) throw new Error(`broker ${this.#one(id)} does not run`)
    return running.failed
  }

  async stop(id?: number): Promise<void> {
    return stayFor(this.#nodes.stop(this.#one(id)))
  }

  kill(id?: number, { keeps = 'flushed' }: KillOptions = {}): void {
    if (keeps !== 'flushed' && keeps !== 'written')
      throw new TypeError(`keeps=${String(keeps)} is not valid; allowed: flushed, written`)
    this.#nodes.kill(this.#one(id), keeps)
  }

  async start(id?: number): Promise<void> {
    return stayFor(this.#nodes.start(this.#one(id)))
  }

  #one(id: number | undefined): number {
    const { ids } = this
    if (id !== undefined) return this.#nodes.node(id).id
    if (ids.length > 1) throw new TypeError(`which broker? allowed: ${ids.join(', ')}`)
    return ids[0]!
  }

  #checkOpen(): void {
    if (this.#closing) throw new Error('this Kafka was closed')
  }

  close(): Promise<void> {
    this.#closing ??= stayFor(this.#close())
    return this.#closing
  }

  async #close(): Promise<void> {
    await this.#moving.catch(() => {}) // its own caller was told
    this.#faults.clear()
    try {
      this.#admin?.close()
      await this.#producer?.close({ timeoutMs: 0 })
      await this.#nodes.close()
    } finally {
      await this.client.platform.offload.rest()
      this.#clock.end()
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

/** As `work`, for which time passes as fast as everything that happens in it can: its pauses are nobody's to wait for. */
async function hurried(work: Promise<void>, move: () => Promise<void>): Promise<void> {
  let isDone = false
  const done = () => {
    isDone = true
  }
  work.then(done, done)
  while (!isDone) await move()
  await work
}
