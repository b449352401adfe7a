// One broker and several clients; it crashes, its disk and its network misbehave; then all is calm, works again, and nothing is missing.

import assert from 'node:assert/strict'
import type { Log } from '../../src/log/log.ts'
import type { World } from '../../src/platform/sim/world.ts'
import { DescribeGroupsRequest, DescribeGroupsResponse } from '../../src/protocol/messages/describe-groups.ts'
import { DescribeProducersRequest, DescribeProducersResponse } from '../../src/protocol/messages/describe-producers.ts'
import { committedOffsets } from '../support/group-member.ts'
import { KafkaClient, type SeenRecord } from '../support/kafka-client.ts'
import { Admin, listTopics } from './admin-client.ts'
import { readWhole } from './audit.ts'
import { BrokerNode } from './broker-node.ts'
import { type ClientWorld, IdempotentProducer, PlainProducer, Reader } from './clients.ts'
import { LoneCommitter, Sharer } from './group-clients.ts'
import { History, type PartitionHistory, violated } from './history.ts'
import { checkReplay, plainProducers, Watch } from './inside.ts'
import { haunt, Trap, troubles } from './nemesis.ts'
import { type Outcome, Play, play, RECOVERY_MS } from './play.ts'
import { Keeper, Trimmer } from './topic-clients.ts'

const PARTITIONS = 2
const MAX_EVENTS = 2_000_000
const TROUBLE_MS = 30_000
const GROUPS = ['lone', 'shared']

const config = {
  'segment.ms': '2000',
  'offsets.topic.num.partitions': '2',
  'replica.high.watermark.checkpoint.interval.ms': '1000',
  'log.cleaner.backoff.ms': '3000',
  'log.retention.check.interval.ms': '3000',
  'log.segment.bytes': '1048576',
}

const TOPIC = { 'segment.ms': '2000', 'index.interval.bytes': '300' }
const COMPACTED = { 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': '0.01', 'delete.retention.ms': '2000' }

/** Never throws: what went wrong is in the outcome. */
export function produceCrashRestart(seed: number): Promise<Outcome> {
  return play(seed, MAX_EVENTS, (world) => new Run(world))
}

class Run extends Play {
  readonly node: BrokerNode
  readonly history: History
  #admin: Admin | null = null
  #trimmers: readonly Trimmer[] = []
  #keeper: Keeper | null = null
  readonly #trap: Trap

  constructor(world: World) {
    super(world)
    this.node = new BrokerNode(world.machine('broker'), config)
    const { device } = this.node.machine
    this.history = new History(PARTITIONS, { mishaps: () => device.mishaps, starts: this.node.startedAt })
    device.usual = { ...device.usual, flushMs: world.random.pick([2, 30]) }
    device.weather = device.usual
    const watch = new Watch()
    world.events.afterEach = () => {
      if (this.node.broker) watch.look(this.node.broker)
    }
    this.#trap = new Trap(() => [{ node: this.node, downMs: 10 }], world)
  }

  get acknowledged(): number {
    return this.history.partitions.reduce((sum, { acknowledged }) => sum + acknowledged.size, 0)
  }

  get starts(): number {
    return this.node.starts
  }

  async all(): Promise<void> {
    await this.#begin()
    const from = this.world.events.now
    const { world, node, history } = this
    const clients = this.clients.map(({ name }) => name)
    const untilMs = from + TROUBLE_MS
    this.troubles = haunt(troubles, { world, node, random: world.random.fork(), trap: this.#trap, history, clients, untilMs })
    await this.world.events.run(untilMs)
    await this.#recover()
    await this.#rest()
  }

  async #begin(): Promise<void> {
    this.node.start()
    await this.until('the broker serves', 10_000, () => this.node.isServing)
    await this.#ask(async (client) => {
      await client.createTopic(this.history.topic, { partitions: PARTITIONS, configs: TOPIC })
      await client.createTopic('trimmed', { configs: { ...TOPIC, 'retention.ms': '6000', 'file.delete.delay.ms': '500' } })
      await client.createTopic('cut', { configs: { ...TOPIC, 'retention.ms': '-1', 'file.delete.delay.ms': '500' } })
      await client.createTopic('keyed', { configs: { ...TOPIC, ...COMPACTED } })
    })
    const place: ClientWorld = {
      world: this.world,
      history: this.history,
      connector:
        ({ platform }) =>
        (timeoutMs) =>
          KafkaClient.connect(this.node.bootstrapServers, platform, timeoutMs),
      passing: [],
      pace: 1,
      replicationFactor: 1,
      knowsBetter: () => false,
      coordinator: () => `${this.node.bootstrapServers} always`,
      onPromise: (client) => this.#trap.heard(client),
      life: () => this.node.life,
      starts: () => this.node.starts,
    }
    this.#admin = new Admin('admin', place)
    this.#trimmers = [new Trimmer('trimmer', 'trimmed', true, place), new Trimmer('cutter', 'cut', false, place)]
    this.#keeper = new Keeper('keeper', 'keyed', place)
    this.clients = [
      new PlainProducer('plain', place),
      ...this.history.partitions.map((_, i) => new IdempotentProducer(`idempotent${i}`, i, place)),
      new Reader('reader', place),
      this.#admin,
      ...this.#trimmers,
      this.#keeper,
      new LoneCommitter('committer1', GROUPS[0]!, place),
      ...[2, 3, 4].map((i) => new Sharer(`sharer${i}`, GROUPS[1]!, place)),
    ]
  }

  async #recover(): Promise<void> {
    const { world, node } = this
    await world.events.run(world.events.now + 13_000, () => false) // what was begun may still end: pauses, stops, restarts
    world.events.note('all is calm')
    node.mayFail = false
    if (!node.process) node.start()
    const since = world.events.now
    await this.until('every client is served again', RECOVERY_MS, () =>
      this.clients.every(({ lastSuccess }) => lastSuccess > since),
    )
  }

  /** Nobody works any more: all is there, and a start on what the disk kept knows the same. */
  async #rest(): Promise<void> {
    for (const client of this.clients) client.stop()
    await this.until('every client ends', 40_000, () => this.clients.every(({ isOver }) => isOver))
    const lived = await this.#ask((client) => this.#look(client))
    await this.#checkReplay()
    if (this.world.random.chance(0.5)) this.node.kill()
    else this.node.powerCut()
    this.node.start()
    await this.until('the broker serves again', RECOVERY_MS, () => this.node.isServing)
    const replayed = await this.#ask((client) => this.#look(client))
    await this.#checkReplay()
    assert.deepEqual(replayed, lived, 'what was replayed is not what was lived')
  }

  async #checkReplay(): Promise<void> {
    const { broker, process } = this.node
    await this.whileRunning('the replay ends', checkReplay(broker!, process!.platform))
  }

  async #look(client: KafkaClient) {
    const records: (readonly SeenRecord[])[] = []
    for (const [partition, history] of this.history.partitions.entries()) {
      const found = await this.#readWhole(client, this.history.topic, partition, history)
      history.checkAll(found.records, found.endOffset, found.startOffset)
      for (const { name } of this.clients) if (name.startsWith('idempotent')) history.checkSequence(found.records, `${name}/`)
      records.push(found.records.filter(({ offset }) => !history.damageAt(offset))) // memory may still have what the device lost
    }
    for (const trimmer of this.#trimmers) trimmer.check(await this.#readWhole(client, trimmer.topic, 0, trimmer.partition))
    this.#keeper!.check(await this.#readWhole(client, 'keyed', 0, this.#keeper!.partition))
    const remembered = this.history.partitions.map((_, i) => plainProducers(this.#log(this.history.topic, i)))
    const offsets = []
    for (const group of GROUPS) {
      const startedAt = this.world.events.now
      const found = await committedOffsets(client, group)
      offsets.push(found)
      for (const [partition] of this.history.partitions.entries()) {
        this.history
          .register(group, partition)
          .read(found[`${this.history.topic}-${partition}`] ?? -1, startedAt, this.world.events.now)
      }
    }
    const { groups } = await client.call(DescribeGroupsRequest, DescribeGroupsResponse, 5, { groups: GROUPS })
    const indexes = this.history.partitions.map((_, i) => i)
    const producers = await client.call(DescribeProducersRequest, DescribeProducersResponse, 0, {
      topics: [{ name: this.history.topic, partitionIndexes: indexes }],
    })
    const topics = await listTopics(client)
    this.#admin?.check(topics)
    await this.#admin?.checkConfig(client)
    return { records, offsets, groups, producers, topics, remembered }
  }

  #log(topic: string, partition: number): Log {
    return this.node.broker!.rooms.replicas.get(topic, partition)!.log
  }

  #readWhole(client: KafkaClient, topic: string, partition: number, history: PartitionHistory) {
    return readWhole(client, topic, partition, history, ({ baseOffset, partitionLeaderEpoch }) => {
      const known = this.#log(topic, partition).epochAt(baseOffset)
      if (known !== partitionLeaderEpoch && baseOffset >= this.#log(topic, partition).startOffset)
        violated(`${topic}-${partition} takes ${baseOffset} for one of epoch ${known}, and it is of ${partitionLeaderEpoch}`)
    })
  }

  /** One who asks the broker something while nobody else does. */
  async #ask<T>(question: (client: KafkaClient) => Promise<T>): Promise<T> {
    const { platform } = this.world.machine('auditor').start()
    const asking = async () => {
      const client = await KafkaClient.connect(this.node.bootstrapServers, platform)
      const value = await question(client)
      client.close()
      return value
    }
    return this.whileRunning('the auditor is answered', asking())
  }
}
