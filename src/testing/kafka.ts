// Kafka as a test has it.

import type { Duration } from '../base/duration.ts'
import type { Admin } from '../client/admin/admin.ts'
import type { GroupLagOptions, PartitionLag } from '../client/admin/lag.ts'
import type { ClientPlatform } from '../client/cluster/cluster.ts'
import type { ConsumerRecord } from '../client/consumer/index.ts'
import type { WaitOptions } from '../client/patience.ts'
import type { RecordMetadata } from '../client/producer/record.ts'
import type { Logger } from '../platform/logger.ts'
import type { Faults } from './faults.ts'
import type { LagOptions } from './lag.ts'
import type { ReadOptions, TestRecord } from './records.ts'

export interface TestKafkaOptions {
  /** Kafka's broker configurations by their own names, such as `num.partitions`. */
  readonly config?: Readonly<Record<string, string | number | boolean>>
  /** Where the brokers' log lines go. Default: nowhere; the kind of trouble that they warn of is often what a test is about. */
  readonly logger?: Logger
  /** How many bytes all brokers together may keep; writes beyond get KAFKA_STORAGE_ERROR. Default 1 GiB. */
  readonly maxMemoryBytes?: number
}

export interface TestClusterOptions extends TestKafkaOptions {
  /** How many; default 3. Every one of them, up to five, is a controller as well. */
  readonly brokers?: number
}

/** What clients of `odradek/client` are given beside their own options, so that their time is that of the brokers. */
export interface TestClient {
  readonly bootstrapServers: string
  readonly platform: ClientPlatform
  /** Connections stay, however far time is moved. */
  readonly connectionsMaxIdleMs: number
}

export interface TestTime {
  /** The brokers' time: milliseconds since 1970. */
  now(): number
  /**
   * Moves the brokers' time ahead. What comes due on the way (retention, compaction, sessions of members, delays of answers) happens in its order before it
   * resolves. Moves follow each other. With a signal that aborts, time stays where it came to.
   */
  advance(by: Duration, options?: WaitOptions): Promise<void>
}

export interface TopicOptions extends WaitOptions {
  /** Default: `num.partitions` of the brokers, which is 1. */
  readonly partitions?: number
  /** Default: 1 with one broker, 3 with three and more. */
  readonly replicationFactor?: number
  /** Kafka's own names: `retention.ms`, `cleanup.policy`, ... */
  readonly configs?: Readonly<Record<string, string | number | boolean>>
}

export interface KillOptions {
  /** `flushed` (the default): the broker forgets what it had not flushed, as in a power cut. `written`: it keeps what it wrote, as after `kill -9`. */
  readonly keeps?: 'flushed' | 'written'
}

export interface TestKafka extends AsyncDisposable {
  /** host:port of all brokers, joined by commas: real sockets on the loopback, for clients of any kind in any process of this machine. */
  readonly bootstrapServers: string
  readonly clusterId: string
  /** The ids of the brokers, from 1 on. */
  readonly ids: readonly number[]
  readonly client: TestClient
  /** An admin client of its own; closed with the rest. */
  readonly admin: Admin
  readonly time: TestTime
  readonly faults: Faults
  /** Creates a topic whose name begins with `prefix` and is nobody else's; resolves, with the name, when all brokers know who leads it. */
  topic(prefix: string, options?: TopicOptions): Promise<string>
  /** Sends records in their order; resolves with their places when every in-sync replica has them. */
  produce(topic: string, records: readonly TestRecord[], options?: WaitOptions): Promise<readonly RecordMetadata[]>
  /** All records that the topic has at the time of the call, in the order of partitions and offsets; keys and values as texts, unless deserializers are given. */
  readAll<K = string | null, V = string | null>(topic: string, options?: ReadOptions<K, V>): Promise<ConsumerRecord<K, V>[]>
  /** How far the group is behind, partition by partition. */
  lag(group: string, options?: GroupLagOptions): Promise<readonly PartitionLag[]>
  /** Resolves when the group has committed everything that there is; rejects after `timeoutMs` with a TimeoutError that names what lags. */
  lagZero(group: string, options?: LagOptions): Promise<void>
  /** Resolves with the reason when a broker cannot go on by itself: its disk failed. Never, if it is stopped or killed. The id is needed where there are several. */
  failed(id?: number): Promise<Error>
  /** Stops a broker cleanly; what is kept stays for the next start. */
  stop(id?: number): Promise<void>
  /** Ends a broker at once: its connections break, and nothing that it began goes on. */
  kill(id?: number, options?: KillOptions): void
  /** Starts a broker that was stopped or killed, at its port, on what it left; resolves when it serves. */
  start(id?: number): Promise<void>
  /** Stops everything; no timer, socket or thread is left. Calling it again waits for the same. */
  close(): Promise<void>
}
