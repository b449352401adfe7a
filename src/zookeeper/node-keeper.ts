// Keeps Kafka's own nodes as the metadata has it, for people and tools that look there: the active controller writes them, from its image as it changes.

import type { MetadataDelta, PartitionChange } from '../metadata/delta.ts'
import type { MetadataImage } from '../metadata/image.ts'
import type { PartitionImage } from '../metadata/partition.ts'
import type { MetadataPublisher } from '../metadata/publisher.ts'
import { metadataCodec } from '../metadata/records.ts'
import type { ConfigResource } from '../metadata/resources.ts'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import type { RecordBatch } from '../protocol/records/batch.ts'
import { isZooKeeperError } from './errors.ts'
import { type Fence, Fenced } from './fence.ts'
import {
  brokerConfigText,
  changeText,
  configText,
  DEFAULT_ENTITY,
  entityNodes,
  entityTexts,
  FEATURE_TEXT,
  NO_CONFIG_TEXT,
  partitionNodes,
  producerIdText,
  topicNodes,
  topicText,
  type Wanted,
} from './kafka-nodes.ts'
import { bytesOf, MAX_WHOLE_NODE_BYTES } from './layout.ts'
import { findNodes, findTopic, inParallel, namesBelow, settle } from './node-writer.ts'
import { create, exists, remove } from './operations.ts'
import type { ZooKeeperLog } from './zookeeper-log.ts'

export interface NodeKeeperOptions {
  readonly log: ZooKeeperLog
  readonly publisher: MetadataPublisher
  readonly clock: Clock
  readonly logger: Logger
}

/** What is written as one: a topic with all that is below it, those of its partitions that changed, its configuration, a broker's, a user's, a client's, an address's, or one node. */
type Subject =
  | `topic ${string}`
  | `partitions ${string}`
  | `config ${string}`
  | `broker ${string}`
  | `entity ${string}`
  | 'producer ids'
  | 'feature'

const RETRY_MS = 1000
const TOPICS_AT_ONCE = 8
/** Older notices of changed configurations are swept up, as with Kafka. */
const NOTICE_AGE_MS = 15 * 60_000
const NOTICES = '/config/changes'

export class NodeKeeper {
  readonly #options: NodeKeeperOptions
  readonly #dirty = new Set<Subject>()
  /** Of topics that are there and stay: what changed of them. */
  readonly #partitions = new Map<string, { readonly numbers: Set<number>; isReassigned: boolean }>()
  /** Paths below /config of what changed since its node was written. */
  readonly #notices = new Set<string>()
  /** What users, clients and addresses were last known to have. */
  #entities: ReadonlyMap<string, string> = new Map()
  /** Nodes that hold nothing, since ZooKeeper does not take so much; told once each. */
  readonly #tooLarge = new Set<string>()
  #isLoaded = false
  #producerIdBroker = -1
  #running: Promise<void> | null = null
  #sweptAt = Number.NEGATIVE_INFINITY
  #isStopped = false

  /** Follows the publisher from now on; begins to write when this node leads. */
  constructor(options: NodeKeeperOptions) {
    this.#options = options
    options.publisher.subscribe("Kafka's nodes in ZooKeeper", (delta) => this.#changed(delta))
    options.log.onCommittedBatches((batches) => this.#lookForProducerIds(batches))
    options.log.onRole(({ isLeader }) => {
      if (isLeader) this.#begin()
    })
  }

  /** Resolves when everything known now is written, or this node does not lead. */
  async settled(): Promise<void> {
    while (this.#running) await this.#running
  }

  /** Begins nothing more; resolves when what was under way has ended. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await this.settled()
  }

  get #image(): MetadataImage {
    return this.#options.publisher.image
  }

  #changed(delta: MetadataDelta): void {
    this.#isLoaded = true
    if (delta.isFirst) return this.#begin()
    for (const { name } of [...delta.topicsCreated, ...delta.topicsDeleted]) this.#dirty.add(`topic ${name}`)
    const created = new Set(delta.topicsCreated.map(({ name }) => name))
    for (const change of delta.partitionsChanged) if (!created.has(change.topic.name)) this.#partitionChanged(change)
    for (const resource of delta.configsChanged) this.#configChanged(resource, created)
    if (delta.othersChanged.has('quotas') || delta.othersChanged.has('scram')) this.#entitiesChanged()
    this.#run()
  }

  #partitionChanged({ topic: { name }, before, after }: PartitionChange): void {
    let changed = this.#partitions.get(name)
    if (!changed) this.#partitions.set(name, (changed = { numbers: new Set(), isReassigned: false }))
    changed.numbers.add(after.partition)
    changed.isReassigned ||= before === null || assignmentOf(before) !== assignmentOf(after)
    this.#dirty.add(`partitions ${name}`)
  }

  /** Creating a topic with configurations is no change of them. */
  #configChanged({ type, name }: ConfigResource, created: ReadonlySet<string>): void {
    if (type === 'topic') {
      if (created.has(name) || !this.#image.topic(name)) return
      this.#dirty.add(`config ${name}`)
      this.#notices.add(`topics/${name}`)
    } else if (type === 'broker') {
      this.#dirty.add(`broker ${name}`)
      this.#notices.add(`brokers/${name || DEFAULT_ENTITY}`)
    }
  }

  #entitiesChanged(): void {
    const before = this.#entities
    this.#entities = entityTexts(this.#image)
    for (const path of new Set([...before.keys(), ...this.#entities.keys()])) {
      if (before.get(path) === this.#entities.get(path)) continue
      this.#dirty.add(`entity ${path}`)
      this.#notices.add(path)
    }
  }

  #lookForProducerIds(batches: readonly RecordBatch[]): void {
    for (const batch of batches) {
      if (batch.isControl) continue
      for (const { key, value } of batch.records()) {
        if (value?.[1] !== PRODUCER_IDS_KEY) continue
        const record = metadataCodec.decode(key, value)
        if (record?.kind !== 'ProducerIdsRecord') continue
        this.#producerIdBroker = record.value.brokerId
        this.#dirty.add('producer ids')
      }
    }
  }

  /** A new controller, or the first image of one: whatever is there is compared with what should be. */
  #begin(): void {
    if (!this.#isLoaded || !this.#options.log.fence) return
    this.#entities = entityTexts(this.#image)
    this.#dirty.add('feature').add('producer ids')
    for (const name of this.#image.topics.keys()) this.#dirty.add(`topic ${name}`)
    for (const { resource } of this.#image.configs.values())
      if (resource.type === 'broker') this.#dirty.add(`broker ${resource.name}`)
    for (const path of this.#entities.keys()) this.#dirty.add(`entity ${path}`)
    this.#run(true)
  }

  /** One walk at a time; what comes meanwhile is taken along. A node that does not lead forgets what it would have written. */
  #run(looksAtAll = false): void {
    const { fence } = this.#options.log
    if (!fence || this.#isStopped) {
      this.#dirty.clear()
      this.#partitions.clear()
      this.#notices.clear()
      return
    }
    if (this.#running && !looksAtAll) return
    const before = this.#running ?? Promise.resolve()
    const running = before
      .then(() => this.#write(fence, looksAtAll))
      .finally(() => {
        if (this.#running !== running) return
        this.#running = null
        if (this.#dirty.size > 0 || this.#notices.size > 0) this.#run() // it came after the last look
      })
    this.#running = running
  }

  async #write(fence: Fence, looksAtAll: boolean): Promise<void> {
    const { clock, logger } = this.#options
    const goesOn = () => this.#options.log.fence === fence && !this.#isStopped
    let isLooked = !looksAtAll
    while (goesOn()) {
      try {
        if (!isLooked) await this.#findStrangers(fence)
        isLooked = true
        while (this.#dirty.size > 0 && goesOn()) await this.#settleSome(fence)
        await this.#tell(fence, goesOn)
        if (this.#dirty.size === 0) return
      } catch (thrown) {
        if (!goesOn() || thrown instanceof Fenced) return
        logger.warn("Kafka's nodes in ZooKeeper could not be written; trying again", { error: thrown })
        await new Promise<void>((resume) => clock.after(RETRY_MS, resume))
      }
    }
  }

  /** What is in ZooKeeper and not in the image: it went while nobody, or somebody else, led. */
  async #findStrangers(fence: Fence): Promise<void> {
    const { session } = fence
    for (const name of await namesBelow(session, '/brokers/topics')) this.#dirty.add(`topic ${name}`)
    for (const name of await namesBelow(session, '/config/topics')) this.#dirty.add(`topic ${name}`)
    for (const name of await namesBelow(session, '/config/brokers'))
      this.#dirty.add(`broker ${name === DEFAULT_ENTITY ? '' : name}`)
    for (const kind of ['clients', 'ips']) {
      for (const name of await namesBelow(session, `/config/${kind}`)) this.#dirty.add(`entity ${kind}/${name}`)
    }
    for (const user of await namesBelow(session, '/config/users')) {
      this.#dirty.add(`entity users/${user}`)
      for (const client of await namesBelow(session, `/config/users/${user}/clients`))
        this.#dirty.add(`entity users/${user}/clients/${client}`)
    }
  }

  /** Topics have nothing to do with each other; users and their clients share nodes. */
  async #settleSome(fence: Fence): Promise<void> {
    const topics: Subject[] = []
    for (const subject of this.#dirty) {
      if (topics.length === TOPICS_AT_ONCE) break
      if (/^(topic|partitions|config) /.test(subject)) topics.push(subject)
    }
    const [other] = this.#dirty
    await inParallel(topics.length > 0 ? topics : [other!], (subject) => this.#settle(fence, subject))
  }

  async #settle(fence: Fence, subject: Subject): Promise<void> {
    // It is clean from here on: what changes while it is written makes it dirty again.
    this.#dirty.delete(subject)
    try {
      await this.#settleNow(fence, subject)
    } catch (thrown) {
      this.#dirty.add(subject)
      throw thrown
    }
  }

  async #settleNow(fence: Fence, subject: Subject): Promise<void> {
    const [kind, name] = splitOnce(subject)
    if (kind === 'topic') return this.#settleTopic(fence, name)
    if (kind === 'partitions') return this.#settlePartitions(fence, name)
    if (kind === 'config') return this.#settleTopicConfig(fence, name)
    if (kind === 'broker') return this.#settleBroker(fence, name)
    if (kind === 'entity') return this.#settleEntity(fence, name)
    if (kind === 'feature') return this.#settleOne(fence, { path: '/feature', text: FEATURE_TEXT })
    return this.#settleProducerIds(fence)
  }

  async #settleTopic(fence: Fence, name: string): Promise<void> {
    const topic = this.#image.topic(name)
    const wanted = topic ? topicNodes(topic, this.#image.configsOf({ type: 'topic', name }), fence.epoch) : []
    await settle(fence, this.#fitting(wanted), (session) => findTopic(session, name))
  }

  /** A few of many thousand, mostly; where that does not work, all of the topic is looked at. */
  async #settlePartitions(fence: Fence, name: string): Promise<void> {
    const changed = this.#partitions.get(name)
    this.#partitions.delete(name)
    const topic = this.#image.topic(name)
    if (!topic || !changed || this.#dirty.has(`topic ${name}`)) return
    const wanted = partitionNodes(topic, changed.numbers, fence.epoch)
    if (changed.isReassigned) wanted.unshift({ path: `/brokers/topics/${name}`, text: topicText(topic) })
    try {
      await settle(fence, this.#fitting(wanted), (session) => findNodes(session, pathsOf(wanted)))
    } catch (thrown) {
      this.#dirty.add(`topic ${name}`)
      throw thrown
    }
  }

  async #settleTopicConfig(fence: Fence, name: string): Promise<void> {
    if (!this.#image.topic(name) || this.#dirty.has(`topic ${name}`)) return
    const text = configText(this.#image.configsOf({ type: 'topic', name }))
    await this.#settleOne(fence, { path: `/config/topics/${name}`, text })
  }

  /** A node that was made once stays, with nothing in it. */
  async #settleBroker(fence: Fence, name: string): Promise<void> {
    const path = `/config/brokers/${name || DEFAULT_ENTITY}`
    const text = brokerConfigText(this.#image, name)
    if (text !== null || (await findNodes(fence.session, [path])).has(path))
      await this.#settleOne(fence, { path, text: text ?? NO_CONFIG_TEXT })
  }

  /** A node of a user goes only when none of its clients has anything. */
  async #settleEntity(fence: Fence, path: string): Promise<void> {
    const text = this.#entities.get(path)
    const node = `/config/${path}`
    if (text !== undefined) {
      const wanted = entityNodes(path, text)
      const own = this.#entities.get(path.split('/').slice(0, 2).join('/'))
      const nodes = wanted.map((each, index) => (index === 0 && wanted.length > 1 && own ? { path: each.path, text: own } : each))
      return settle(fence, this.#fitting(nodes), (session) => findNodes(session, pathsOf(nodes)))
    }
    const clients = await namesBelow(fence.session, `${node}/clients`)
    if (clients.length > 0) return this.#settleOne(fence, { path: node, text: NO_CONFIG_TEXT })
    await settle(fence, [], (session) => findNodes(session, [node, `${node}/clients`]))
    // The last client of a user without anything of its own takes the user's node along.
    const [users, user, , client] = path.split('/')
    if (client !== undefined && !this.#entities.has(`${users}/${user}`)) {
      const left = await namesBelow(fence.session, `/config/${users}/${user}/clients`)
      if (left.length === 0) this.#dirty.add(`entity ${users}/${user}`)
    }
  }

  #settleOne(fence: Fence, wanted: Wanted): Promise<void> {
    return settle(fence, this.#fitting([wanted]), (session) => findNodes(session, [wanted.path]))
  }

  /** What is too large for a node stands in the log alone: sent all the same it would cost the connection, with all that the controller writes on it. */
  #fitting(wanted: readonly Wanted[]): Wanted[] {
    return wanted.map(({ path, text }) => {
      const sizeInBytes = text === null ? 0 : Buffer.byteLength(text)
      if (sizeInBytes <= MAX_WHOLE_NODE_BYTES) {
        this.#tooLarge.delete(path)
        return { path, text }
      }
      if (!this.#tooLarge.has(path))
        this.#options.logger.warn(
          "a node of Kafka's would be larger than ZooKeeper takes and is left empty; tools that look there see nothing",
          {
            path,
            sizeInBytes,
            limit: MAX_WHOLE_NODE_BYTES,
          },
        )
      this.#tooLarge.add(path)
      return { path, text: null }
    })
  }

  async #settleProducerIds(fence: Fence): Promise<void> {
    const path = '/latest_producer_id_block'
    const { nextProducerId } = this.#image
    const found = (await findNodes(fence.session, [path])).get(path)
    // A snapshot does not say who had the last block: whoever wrote it down knew.
    const isRight = this.#producerIdBroker < 0 && found?.includes(`"block_end":"${nextProducerId - 1}"`)
    const text = producerIdText(nextProducerId, this.#producerIdBroker)
    if (!isRight) await this.#settleOne(fence, { path, text })
  }

  /** Notices of changed configurations, after their nodes; a lost answer may tell twice. */
  async #tell(fence: Fence, goesOn: () => boolean): Promise<void> {
    const { clock } = this.#options
    if (this.#notices.size > 0 && clock.monotonic() - this.#sweptAt >= NOTICE_AGE_MS) {
      await this.#sweepNotices(fence)
      this.#sweptAt = clock.monotonic()
    }
    for (const path of [...this.#notices]) {
      if (!goesOn()) return
      await fence.write(create(`${NOTICES}/config_change_`, bytesOf(changeText(path)), 'persistentSequential'))
      this.#notices.delete(path)
    }
  }

  async #sweepNotices(fence: Fence): Promise<void> {
    for (const name of await namesBelow(fence.session, NOTICES)) {
      const { ctime } = await fence.session.look(exists(`${NOTICES}/${name}`))
      if (this.#options.clock.now() - ctime < NOTICE_AGE_MS) return // names are in the order of time
      await fence.insist([remove(`${NOTICES}/${name}`)], (thrown) => isZooKeeperError(thrown, 'NoNode'))
    }
  }
}

/** Where it stands in the frame of a metadata record, behind the frame's version: one byte each. */
const PRODUCER_IDS_KEY = 15

const assignmentOf = ({ replicas, addingReplicas, removingReplicas }: PartitionImage) =>
  `${replicas} + ${addingReplicas} - ${removingReplicas}`

const pathsOf = (nodes: readonly Wanted[]) => nodes.map(({ path }) => path)

function splitOnce(subject: string): [kind: string, name: string] {
  const blank = subject.indexOf(' ')
  return subject === 'producer ids'
    ? [subject, '']
    : blank < 0
      ? [subject, '']
      : [subject.slice(0, blank), subject.slice(blank + 1)]
}
