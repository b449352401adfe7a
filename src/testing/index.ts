// What test suites import as `odradek/testing`: Kafka in the process of the test, for Vitest, Jest and node:test.
//
//   await using kafka = await testKafka()
//   const orders = await kafka.topic('orders', { partitions: 3 })

import { stayFor } from '../platform/node/process.ts'
import { InProcessKafka } from './in-process.ts'
import type { TestClusterOptions, TestKafka, TestKafkaOptions } from './kafka.ts'

export type { Duration } from '../base/duration.ts'
export type { GroupLagOptions, PartitionLag } from '../client/admin/lag.ts'
export type { Logger } from '../platform/logger.ts'
export type { Fault, HappenedOptions } from './fault.ts'
export type {
  DiskOptions,
  DiskScope,
  DropOptions,
  Faults,
  FsyncOptions,
  RequestScope,
  SeenRequest,
  SlowDiskOptions,
} from './faults.ts'
export type {
  KillOptions,
  TestClient,
  TestClusterOptions,
  TestKafka,
  TestKafkaOptions,
  TestTime,
  TopicOptions,
} from './kafka.ts'
export type { LagOptions } from './lag.ts'
export type { ReadOptions, TestRecord, TestRecordParts } from './records.ts'

/**
 * Starts one broker in this process, in memory, on free ports of the loopback; resolves when it serves. Throws a ConfigError that names the key, the value and
 * what is allowed.
 */
export function testKafka(options: TestKafkaOptions = {}): Promise<TestKafka> {
  return stayFor(InProcessKafka.start(1, options))
}

/** Starts several brokers in this process, with the quorum of their controllers; resolves when all of them serve. Throws as `testKafka`. */
export async function testCluster({ brokers = 3, ...options }: TestClusterOptions = {}): Promise<TestKafka> {
  if (!Number.isInteger(brokers) || brokers < 1) throw new TypeError(`brokers=${brokers} is not valid; allowed: 1 or more`)
  return stayFor(InProcessKafka.start(brokers, options))
}

/** How a test runner is asked to do something before and after all tests: its `beforeAll` and `afterAll`, or `before` and `after` of node:test. */
export interface SuiteHooks {
  readonly before: (run: () => Promise<void>) => unknown
  readonly after: (run: () => Promise<void>) => unknown
}

export interface SuiteOptions extends TestClusterOptions {
  /** How many brokers; default 1. */
  readonly brokers?: number
}

/**
 * One Kafka for all tests of a file or a `describe`: started before the first, closed after the last. Gives a function that gives it, once it runs; faults are
 * not undone between tests, topics are told apart by their names.
 */
export function suiteKafka({ before, after }: SuiteHooks, { brokers = 1, ...options }: SuiteOptions = {}): () => TestKafka {
  let kafka: TestKafka | null = null
  before(async () => {
    kafka = await testCluster({ ...options, brokers })
  })
  after(async () => {
    await kafka?.close()
  })
  return () => {
    if (!kafka) throw new Error('Kafka is started before the first test; ask for it inside of a test or a hook')
    return kafka
  }
}
