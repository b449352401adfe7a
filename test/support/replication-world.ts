// Partitions of several replicas within one test: real logs in memory, and a controller and leaders that do what the test says.

import { deferred } from '../../src/base/deferred.ts'
import type { LogDir, LogDirOptions } from '../../src/log/log-dir.ts'
import type { KafkaError } from '../../src/protocol/errors.ts'
import type { FetchRequest, FetchResponse } from '../../src/protocol/messages/fetch.ts'
import type { Input } from '../../src/protocol/schema.ts'
import type { IsrChange, IsrChanged, LeaderClient, ReplicationConfig, ReplicationLinks } from '../../src/replication/links.ts'
import { Partition, type PartitionRole } from '../../src/replication/partition.ts'
import { Replicas } from '../../src/replication/replicas.ts'
import { batchOf, LogWorld, logConfig, settle, TOPIC_ID } from './log-world.ts'

export const KAFKA_DEFAULTS: ReplicationConfig = {
  'alter.log.dirs.replication.quota.window.num': 11,
  'alter.log.dirs.replication.quota.window.size.seconds': 1,
  'num.replica.fetchers': 1,
  'replica.fetch.backoff.ms': 1000,
  'replica.fetch.max.bytes': 1_048_576,
  'replica.fetch.min.bytes': 1,
  'replica.fetch.response.max.bytes': 10_485_760,
  'replica.fetch.wait.max.ms': 500,
  'replica.lag.time.max.ms': 30_000,
  'replica.selector.class': null,
  'replication.quota.window.num': 11,
  'replication.quota.window.size.seconds': 1,
}

interface Question {
  readonly change: IsrChange
  answer(changed: Partial<IsrChanged>): Promise<void>
  refuse(why: KafkaError): Promise<void>
}

/** A request that a follower sent, to be answered by the test. */
export interface Asked {
  readonly request: Input<FetchRequest>
  answer(response: Partial<FetchResponse>): Promise<void>
  fail(why: Error): Promise<void>
  readonly isGivenUp: () => boolean
}

export class ReplicationWorld extends LogWorld {
  /** Broker epochs of those that may be in sync. */
  readonly active = new Map([1, 2, 3].map((id) => [id, id * 10]))
  readonly racks = new Map<number, string>()
  readonly questions: Question[] = []
  readonly fetches: Asked[] = []
  readonly connected: { readonly leaderId: number; readonly clientId: string }[] = []
  offsets = { startOffset: 0, endOffset: 0 }
  replication: ReplicationConfig = KAFKA_DEFAULTS
  isHeard = true

  readonly links: ReplicationLinks = {
    brokers: { activeEpochOf: (id) => this.active.get(id) ?? null, rackOf: (id) => this.racks.get(id) ?? null },
    isrKeeper: { alter: (change) => this.#alter(change) },
    connect: (leaderId, clientId) => this.#connect(leaderId, clientId),
    brokerEpoch: () => 10,
    isHeard: () => this.isHeard,
    config: () => this.replication,
  }

  #alter(change: IsrChange): Promise<IsrChanged> {
    const done = deferred<IsrChanged>()
    this.questions.push({
      change,
      answer: async (changed) => {
        const { leaderEpoch, partitionEpoch, newIsr } = change
        const isr = newIsr.map(({ brokerId }) => brokerId)
        done.resolve({ leaderId: 1, leaderEpoch, isr, leaderRecoveryState: 0, partitionEpoch: partitionEpoch + 1, ...changed })
        await settle(1)
      },
      refuse: async (why) => {
        done.reject(why)
        await settle(1)
      },
    })
    return done.promise
  }

  #connect(leaderId: number, clientId: string): LeaderClient {
    this.connected.push({ leaderId, clientId })
    let isClosed = false
    const failing = new Set<(why: Error) => void>()
    return {
      fetch: (request) => {
        const done = deferred<FetchResponse>()
        failing.add(done.reject)
        this.fetches.push({
          request,
          answer: async (response) => {
            failing.delete(done.reject)
            done.resolve({ throttleTimeMs: 0, errorCode: 0, sessionId: 7, responses: [], nodeEndpoints: [], ...response })
            await settle(10)
          },
          fail: async (why) => {
            done.reject(why)
            await settle(3)
          },
          isGivenUp: () => isClosed,
        })
        return done.promise
      },
      listOffsets: async ({ topics }) => {
        const [{ name, partitions }] = topics as unknown as [
          { name: string; partitions: { partitionIndex: number; timestamp: number }[] },
        ]
        const answers = partitions.map(({ partitionIndex, timestamp }) => ({
          partitionIndex,
          errorCode: 0,
          timestamp: -1,
          offset: timestamp === -1 ? this.offsets.endOffset : this.offsets.startOffset,
          leaderEpoch: -1,
        }))
        return { throttleTimeMs: 0, topics: [{ name, partitions: answers }] }
      },
      close: () => {
        isClosed = true
        for (const fail of failing) fail(new Error('closed'))
      },
    }
  }

  /** A partition that node 1 leads. */
  async led(role: Partial<PartitionRole> = {}, minInSync = 2): Promise<Partition> {
    this.config = logConfig({ 'min.insync.replicas': minInSync })
    const dir = await this.open()
    const log = await dir.createLog('t', 0, TOPIC_ID, this.config)
    const partition = new Partition(log, { localId: 1, clock: this.clock, flushPolicy: 'fsync', links: this.links })
    partition.become({ leaderId: 1, leaderEpoch: 5, partitionEpoch: 0, replicas: [1, 2, 3], isr: [1, 2, 3], ...role })
    return partition
  }

  /** Partitions of node 1 that follow node 2. */
  async following(
    count = 1,
    dirOptions: Partial<LogDirOptions> = {},
  ): Promise<{ dir: LogDir; replicas: Replicas; partitions: Partition[] }> {
    const dir = await this.open(dirOptions)
    const replicas = new Replicas({
      logDirs: [dir],
      localId: 1,
      clock: this.clock,
      logger: this.logger,
      flushPolicy: 'fsync',
      links: this.links,
    })
    const partitions: Partition[] = []
    for (let index = 0; index < count; index++) {
      const partition = await replicas.open('t', index, TOPIC_ID, null, this.config)
      replicas.become(partition, { leaderId: 2, leaderEpoch: 5, partitionEpoch: 0, replicas: [1, 2], isr: [1, 2] })
      partitions.push(partition)
    }
    await this.clock.advance(5)
    return { dir, replicas, partitions }
  }
}

type PartitionData = FetchResponse['responses'][number]['partitions'][number]

/** What a leader says of one partition. */
export function told(changes: Partial<PartitionData> = {}): Partial<FetchResponse> {
  const data = {
    partitionIndex: 0,
    errorCode: 0,
    highWatermark: 0,
    lastStableOffset: 0,
    logStartOffset: 0,
    divergingEpoch: { epoch: -1, endOffset: -1 },
    currentLeader: { leaderId: -1, leaderEpoch: -1 },
    snapshotId: { endOffset: -1, epoch: -1 },
    abortedTransactions: null,
    preferredReadReplica: -1,
    records: new Uint8Array(0),
    ...changes,
  }
  return { responses: [{ topic: '', topicId: TOPIC_ID, partitions: [data] }] }
}

/** Batches of one record each, as a leader holds them. */
export function recordsAt(from: number, epochs: readonly number[]): Uint8Array {
  return Buffer.concat(
    epochs.map((epoch, i) => {
      const batch = batchOf([`record ${from + i}`])
      batch.assign(from + i, epoch)
      return batch.slice()
    }),
  )
}
