// A controller for tests: decisions are applied at once, as if committed, and what was written can be replayed.

import type { Decision } from '../../src/machine/machine.ts'
import { activate } from '../../src/metadata/controller/activation.ts'
import { registerBroker } from '../../src/metadata/controller/brokers.ts'
import type { ConfigRules } from '../../src/metadata/controller/config-rules.ts'
import { Controller, type ControllerSettings } from '../../src/metadata/controller/controller.ts'
import { createTopics } from '../../src/metadata/controller/create-topics.ts'
import { MetadataImage } from '../../src/metadata/image.ts'
import type { PartitionImage } from '../../src/metadata/partition.ts'
import { type MetadataRecord, metadataCodec } from '../../src/metadata/records.ts'
import { KafkaError } from '../../src/protocol/errors.ts'
import { unfenceBroker } from './broker-commands.ts'

/** Rules with three known keys; `bad` is a value that no key takes. */
export const testRules: ConfigRules = {
  validate(resource, values, changed) {
    for (const [name, value] of values) if (value === 'bad') throw new KafkaError('INVALID_CONFIG', `${name} is bad`)
    if (resource.type !== 'topic') return
    for (const name of changed) if (!KNOWN.has(name)) throw new KafkaError('INVALID_CONFIG', `Unknown topic config name: ${name}`)
  },
  isList: (_, name) => name === 'cleanup.policy',
  defaultOf: (_, name) => KNOWN.get(name) ?? null,
  describeTopic: (values) =>
    [...values].map(([name, value]) => ({ name, value, readOnly: false, configSource: 1, isSensitive: false })),
}

const KNOWN = new Map([
  ['cleanup.policy', 'delete'],
  ['retention.ms', '604800000'],
  ['min.insync.replicas', '1'],
  ['unclean.leader.election.enable', 'false'],
])

export class TestController {
  readonly written: MetadataRecord[] = []
  readonly controller: Controller
  #random = 0
  #sessionsDueAt = 0

  constructor(settings: Partial<ControllerSettings> = {}) {
    this.controller = new Controller({
      nodeId: 1,
      // Counts up, so that ids differ and a failure is the same every time.
      random: { next: () => 0, bytes: (length) => Buffer.alloc(length, ++this.#random % 251) },
      rules: testRules,
      defaults: () => ({ numPartitions: 3, replicationFactor: 1 }),
      nextOffset: () => this.written.length,
      sessionTimeoutMs: 9000,
      ...settings,
    })
  }

  /** With the bootstrap records written, and brokers that serve. */
  static withBrokers(...ids: number[]): TestController {
    const house = new TestController()
    house.run((controller) => activate(controller, { bootstrap: null, minInsyncReplicas: 1 }))
    for (const id of ids) house.start(id)
    return house
  }

  run<T>(command: (controller: Controller, now: number) => Decision<MetadataRecord, T>, now = 0): T {
    const { records, reply } = command(this.controller, now)
    for (const record of records) {
      const meta = {
        offset: this.written.length,
        timestamp: now,
        leaderEpoch: 1,
        producerId: -1,
        producerEpoch: -1,
        isTransactional: false,
      }
      this.written.push(record)
      this.controller.apply(record, meta)
    }
    if (reply.kind === 'later') throw new Error('no command of the controller answers later')
    return reply.value
  }

  /** What a command writes, as [kind, value]. */
  recordsOf(command: (controller: Controller, now: number) => Decision<MetadataRecord, unknown>, now = 0): [string, unknown][] {
    const before = this.written.length
    this.run(command, now)
    return this.written.slice(before).map(({ kind, value }) => [kind, value])
  }

  register(
    id: number,
    previousBrokerEpoch = -1,
    incarnationId = incarnation(id, this.written.length),
    rack: string | null = null,
    now = 0,
  ): number {
    const features = [...this.controller.image.features].map(([name, level]) => ({
      name,
      minSupportedVersion: 0,
      maxSupportedVersion: level,
    }))
    const listeners = [{ name: 'PLAINTEXT', host: 'h', port: 9092, securityProtocol: 0 }]
    const request = { brokerId: id, incarnationId, listeners, features, rack, logDirs: [directory(id)], previousBrokerEpoch }
    return this.run((controller) => registerBroker(controller, request, now), now).brokerEpoch
  }

  /** Lets the controller look at its sessions whenever it wants to, up to `now`. */
  tick(now: number): void {
    while (this.#sessionsDueAt <= now) {
      const at = this.#sessionsDueAt
      this.run((controller) => {
        const decision = controller.onTimer('sessions', at)
        for (const effect of decision.effects ?? [])
          if (effect.kind === 'timer' && effect.key === 'sessions') this.#sessionsDueAt = at + effect.afterMs
        return decision
      }, at)
      if (this.#sessionsDueAt <= at) this.#sessionsDueAt = at + 1
    }
  }

  /** As if a broker's session went by: the next process under its id may register. */
  forget(id: number): void {
    this.controller.sessions.forget(id)
  }

  start(id: number, previousBrokerEpoch = -1, rack: string | null = null): number {
    const brokerEpoch = this.register(id, previousBrokerEpoch, undefined, rack)
    this.run((controller) => unfenceBroker(controller, { brokerId: id, brokerEpoch }))
    return brokerEpoch
  }

  /** A topic whose partitions have these replicas. */
  topic(name: string, replicas: readonly (readonly number[])[], configs: Readonly<Record<string, string>> = {}): void {
    const topic = {
      name,
      numPartitions: -1,
      replicationFactor: -1,
      assignments: replicas.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds })),
      configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
    }
    const { topics } = this.run((controller) => createTopics(controller, { topics: [topic], validateOnly: false }))
    if (topics[0]!.errorCode !== 0) throw new Error(`topic ${name} could not be made: ${topics[0]!.errorMessage}`)
  }

  partition(topic: string, index = 0): PartitionImage {
    return this.controller.image.partition(topic, index)!
  }

  epochOf(brokerId: number): number {
    return this.controller.image.brokers.get(brokerId)!.epoch
  }

  /** What a command writes, with what its changes of partitions name and nothing else. */
  changesOf(command: (controller: Controller, now: number) => Decision<MetadataRecord, unknown>, now = 0): unknown[] {
    return this.recordsOf(command, now).map(named)
  }

  /** A fresh image that read, through their bytes, all records written so far. */
  replayed(): MetadataImage {
    const image = new MetadataImage()
    for (const record of this.written) {
      const { key, value } = metadataCodec.encode(record)
      image.apply(metadataCodec.decode(key, value)!)
    }
    return image
  }
}

/** What a change of a partition names, without what it leaves alone; of other records the kind. */
export function named([kind, value]: [string, unknown]): unknown {
  if (kind !== 'PartitionChangeRecord') return kind
  const unset: Record<string, unknown> = { leader: -2, leaderRecoveryState: -1 }
  const fields = Object.entries(value as object).filter(([key, field]) => field !== null && field !== unset[key])
  return Object.fromEntries(fields.filter(([key]) => key !== 'topicId' && key !== 'partitionId'))
}

export const directory = (id: number) => Buffer.alloc(16, 100 + id).toString('base64url')
const incarnation = (id: number, seed: number) =>
  Buffer.from([...Array(14).fill(id), seed >> 8, seed & 255]).toString('base64url')
