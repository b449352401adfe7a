// Where a workload plays: a broker whose disk is recorded, and clients whose every question and answer is.

import { errorName } from '../../src/protocol/errors.ts'
import { CreatePartitionsRequest, CreatePartitionsResponse } from '../../src/protocol/messages/create-partitions.ts'
import { DeleteRecordsRequest, DeleteRecordsResponse } from '../../src/protocol/messages/delete-records.ts'
import { InitProducerIdRequest, InitProducerIdResponse } from '../../src/protocol/messages/init-producer-id.ts'
import { findCoordinator, GroupMember } from '../support/group-member.ts'
import { batchOf, type KafkaClient } from '../support/kafka-client.ts'
import type { Act, Identity, Sent, Sequence } from './ledger.ts'
import { Recording } from './recording.ts'
import { type Overrides, SimBroker } from './sim-broker.ts'

export interface Workload {
  readonly name: string
  readonly overrides: Overrides
  run(stage: Stage): Promise<void>
}

export class Stage extends SimBroker {
  readonly recording: Recording
  #acts = 0

  constructor(seed: number, overrides: Overrides) {
    super(seed, overrides)
    this.recording = new Recording(this.node.machine)
  }

  /** Runs `work` with clients that are recorded; one whose connection is lost gives up. */
  async play(...works: readonly ((client: RecordedClient) => Promise<void>)[]): Promise<void> {
    await this.run(async () => {
      await Promise.all(works.map((work) => this.#playOne(work)))
    })
  }

  async #playOne(work: (client: RecordedClient) => Promise<void>): Promise<void> {
    let client: KafkaClient | null = null
    try {
      client = await this.connect()
      await work(new RecordedClient(client, this))
    } catch (thrown) {
      if (!(thrown instanceof Error && thrown.name === 'ConnectionLost')) throw thrown
    } finally {
      client?.close()
    }
  }

  /** Lets time pass in which the broker does what it does by itself. */
  async pass(ms: number): Promise<void> {
    await this.run(() => this.sleep(ms))
  }

  /** Notes that it is asked for, does it, and notes what was told. Throws what `call` throws. */
  async act<T extends number | string | null>(act: Act, call: () => Promise<T>): Promise<T> {
    const id = this.#acts++
    this.recording.tell({ kind: 'asked', id, act })
    try {
      const told = await call()
      this.recording.tell({ kind: 'done', id, told })
      return told
    } catch (thrown) {
      this.recording.tell({ kind: 'refused', id, error: (thrown as Error).message })
      throw thrown
    }
  }
}

export class RecordedClient {
  readonly kafka: KafkaClient
  readonly #stage: Stage

  constructor(kafka: KafkaClient, stage: Stage) {
    this.kafka = kafka
    this.#stage = stage
  }

  sleep(ms: number): Promise<void> {
    return this.#stage.sleep(ms)
  }

  async makeTopic(topic: string, partitions: number, configs: Record<string, string> = {}): Promise<void> {
    await this.#stage.act({ kind: 'make topic', topic, partitions, configs }, () =>
      this.kafka.createTopic(topic, { partitions, configs }),
    )
  }

  async deleteTopic(topic: string): Promise<void> {
    await this.#stage.act({ kind: 'delete topic', topic }, async () => {
      await this.kafka.deleteTopic(topic)
      return null
    })
  }

  async addPartitions(topic: string, count: number): Promise<void> {
    await this.#stage.act({ kind: 'add partitions', topic, count }, async () => {
      const body = { topics: [{ name: topic, count, assignments: null }], timeoutMs: 5000, validateOnly: false }
      const { results } = await this.kafka.call(CreatePartitionsRequest, CreatePartitionsResponse, 3, body)
      return must(results[0]!.errorCode, null, `CreatePartitions of ${topic}`)
    })
  }

  async setConfig(topic: string, key: string, value: string): Promise<void> {
    await this.#stage.act({ kind: 'set config', topic, key, value }, async () => {
      const { errorCode } = await this.kafka.alterConfigs('topic', topic, { [key]: value })
      return must(errorCode, null, `the change of ${key} of ${topic}`)
    })
  }

  /** Gives the base offset. */
  produce(topic: string, partition: number, records: readonly Sent[], sequence: Sequence | null = null): Promise<number> {
    return this.#stage.act({ kind: 'produce', topic, partition, records, sequence }, async () => {
      const { errorCode, baseOffset } = await this.kafka.send(topic, partition, this.#batch(records, sequence))
      return must(errorCode, baseOffset, `a Produce to ${topic}-${partition}`)
    })
  }

  #batch(records: readonly Sent[], sequence: Sequence | null): Uint8Array {
    const timestamp = this.#stage.node.machine.wall.now
    return batchOf(
      records.map((record) => ({ ...record, timestamp })),
      { ...sequence },
    )
  }

  async producerId(): Promise<Identity> {
    let found: Identity | null = null
    await this.#stage.act({ kind: 'producer id' }, async () => {
      const body = { transactionalId: null, transactionTimeoutMs: 1000 }
      const { errorCode, producerId, producerEpoch } = await this.kafka.call(
        InitProducerIdRequest,
        InitProducerIdResponse,
        5,
        body,
      )
      found = { producerId, producerEpoch }
      return must(errorCode, producerId, 'InitProducerId')
    })
    return found!
  }

  /** DeleteRecords. */
  async deleteBefore(topic: string, partition: number, offset: number): Promise<void> {
    await this.#stage.act({ kind: 'trim', topic, partition, offset, byRetention: false }, async () => {
      const body = { topics: [{ name: topic, partitions: [{ partitionIndex: partition, offset }] }], timeoutMs: 5000 }
      const { topics } = await this.kafka.call(DeleteRecordsRequest, DeleteRecordsResponse, 2, body)
      const { errorCode, lowWatermark } = topics[0]!.partitions[0]!
      return must(errorCode, lowWatermark, `DeleteRecords of ${topic}-${partition}`)
    })
  }

  /** From now on retention may delete what lies before `offset`. */
  async retentionMayDelete(topic: string, partition: number, offset: number): Promise<void> {
    await this.#stage.act({ kind: 'trim', topic, partition, offset, byRetention: true }, async () => null)
  }

  /** Reads a partition from its start to its end. */
  async read(topic: string, partition: number): Promise<void> {
    const records = await this.kafka.readAll(topic, { partition })
    this.#stage.recording.tell({ kind: 'saw', topic, partition, records })
  }

  async member(group: string): Promise<GroupMember> {
    await findCoordinator(this.kafka, group)
    return new GroupMember(this.kafka, group, { sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 3000 })
  }

  async commit(member: GroupMember, group: string, topic: string, partition: number, offset: number): Promise<void> {
    await this.#stage.act({ kind: 'commit', group, topic, partition, offset }, async () => {
      const error = await member.commit(topic, offset, partition)
      if (error !== 'NONE') throw new Error(`OffsetCommit of ${group} failed with ${error}`)
      return null
    })
  }
}

function must<T>(errorCode: number, told: T, what: string): T {
  if (errorCode !== 0) throw new Error(`${what} failed with ${errorName(errorCode)}`)
  return told
}
