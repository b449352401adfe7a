// Three to five brokers, three controllers and their clients; nodes crash, stand still and lose sight of each other; then all is calm, works again,
// nothing is missing, and all copies are the same.

import { strict as assert } from 'node:assert'
import type { PartitionImage } from '../../../src/metadata/partition.ts'
import { SimDirectory } from '../../../src/platform/sim/inode.ts'
import type { World } from '../../../src/platform/sim/world.ts'
import { errorName } from '../../../src/protocol/errors.ts'
import { CreateTopicsRequest, CreateTopicsResponse } from '../../../src/protocol/messages/create-topics.ts'
import { committedOffsets, findCoordinator } from '../../support/group-member.ts'
import type { SeenRecord } from '../../support/kafka-client.ts'
import type { Actor } from '../actor.ts'
import { Admin, listTopics } from '../admin-client.ts'
import { readWhole } from '../audit.ts'
import { type ClientWorld, IdempotentProducer, PlainProducer, Reader } from '../clients.ts'
import { LoneCommitter, Sharer } from '../group-clients.ts'
import { History } from '../history.ts'
import { checkReplay, Watch } from '../inside.ts'
import { Trap } from '../nemesis.ts'
import { type Outcome, Play, play, RECOVERY_MS } from '../play.ts'
import type { Sometimes } from '../sometimes.ts'
import { Churner } from './churner.ts'
import { Copies, type Flip } from './copies.ts'
import { EndAsker } from './end-asker.ts'
import { type ClusterNode, layOut } from './layout.ts'
import { GROWING, Mover, type Workshop } from './mover.ts'
import { type ClusterPrey, hauntCluster } from './nemesis.ts'
import type { Program } from './program.ts'
import { ReadingHistory } from './reading-history.ts'
import { groupOptions, ReadingProgram } from './reading-program.ts'
import { RoutedClient } from './routed-client.ts'
import { SendingProgram } from './sending-program.ts'
import { Truth } from './truth.ts'

const PARTITIONS = 2
const MAX_EVENTS = 500_000
const TROUBLE_MS = 20_000
/** What was begun may still end: pauses, stops, restarts. */
const ENDING_MS = 9000
const LOOK_MS = 2000
/** Looks that cost more are taken after each so many events. */
const LOOK_EVERY = 16
const PACE = 3
const CLIENT_TIMEOUT_MS = 3000
const GROUPS = ['lone', 'shared']
/** Of programs with the real client. */
const READERS = 'readers'

/** What brokers may say while leaders move, and one alone may not. */
const PASSING = [
  'NOT_ENOUGH_REPLICAS',
  'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'UNKNOWN_TOPIC_ID',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'OFFSET_NOT_AVAILABLE',
  'BROKER_NOT_AVAILABLE',
]

/** What lines of brokers' logs tell of rare things. */
const TOLD: readonly (readonly [message: string, what: Sometimes])[] = [
  ['a follower cuts off', 'a follower cut what its leader did not have'],
  ['a damaged replica is made again', 'a damaged replica was made again'],
  ['the metadata log is cut to follow', 'a metadata log was cut to follow its leader'],
  ['the metadata log goes on behind', 'a metadata log went on behind a snapshot'],
]

/** Never throws: what went wrong is in the outcome. `haunting` begins what goes wrong, and gives the kinds. */
export function clusterRun(seed: number, haunting = hauntCluster): Promise<Outcome> {
  return play(seed, MAX_EVENTS, (world) => new ClusterPlay(world, haunting, seed % 3 === 2))
}

class ClusterPlay extends Play {
  readonly nodes: readonly ClusterNode[]
  readonly truth: Truth
  readonly copies: Copies
  readonly history: History
  readonly #haunting: typeof hauntCluster
  /** In every third seed: they are as long to run as all others together. */
  readonly #hasPrograms: boolean
  readonly #flips: Flip[] = []
  readonly #servers: readonly string[]
  readonly #trap: Trap
  #prey: ClusterPrey | null = null
  #admin: Admin | null = null
  #churner: Churner | null = null
  #senders: readonly SendingProgram[] = []
  #readers: readonly ReadingProgram[] = []
  readonly #reading: ReadingHistory
  #isCalm = false
  /** A number that was never given before: among several brokers no client can know that nothing happened. */
  #unique = 0

  constructor(world: World, haunting: typeof hauntCluster, hasPrograms: boolean) {
    super(world)
    this.#haunting = haunting
    this.#hasPrograms = hasPrograms
    this.nodes = layOut(world, world.random.fork())
    this.#servers = this.nodes.filter(({ isBroker }) => isBroker).map(({ bootstrapServers }) => bootstrapServers)
    this.truth = new Truth(this.nodes)
    this.copies = new Copies(this.nodes, this.#flips)
    this.history = new History(PARTITIONS, { mishaps: () => ++this.#unique, starts: [] })
    this.#reading = new ReadingHistory(this.history)
    this.#trap = new Trap(() => this.#trapped(), world)
    const watch = new Watch()
    let count = 0
    world.events.afterEach = () => {
      if (count++ % LOOK_EVERY > 0) return
      this.truth.lookAtLeaders()
      this.truth.lookAtNews()
      this.truth.lookAtInSync((id) => this.#isDamaged(id))
      for (const { id, broker, isBroker } of this.nodes) if (broker && isBroker) watch.look(broker, this.#isDamaged(id))
    }
  }

  #isDamaged(id: number): boolean {
    return this.#flips.some((flip) => flip.id === id)
  }

  get acknowledged(): number {
    return this.history.partitions.reduce((sum, { acknowledged }) => sum + acknowledged.size, 0)
  }

  get starts(): number {
    return this.nodes.reduce((sum, { starts }) => sum + starts, 0)
  }

  override heard(line: Parameters<Play['heard']>[0]): void {
    super.heard(line)
    this.truth.heard(line)
    for (const [words, what] of TOLD) if (line.message.startsWith(words)) this.world.events.saw(what)
  }

  /** The leader for a while, or some of all for any time. */
  #trapped() {
    const { random } = this.#prey!
    if (random.chance(0.5)) {
      const node = this.truth.leaderOf(this.history.topic, random.below(PARTITIONS)) ?? random.pick(this.nodes)
      return [{ node, downMs: random.pick([10, 6000]) }]
    }
    const share = random.pick([0.5, 1])
    return this.nodes.filter(() => random.chance(share)).map((node) => ({ node, downMs: random.pick([10, 10, 4000]) }))
  }

  async all(): Promise<void> {
    await this.#begin()
    const { world, nodes, truth, history } = this
    const untilMs = world.events.now + TROUBLE_MS
    const clients = this.clients.map(({ name }) => name)
    const random = world.random.fork()
    this.#prey = { world, nodes, truth, history, clients, random, untilMs, trap: this.#trap, flips: this.#flips }
    this.troubles = this.#haunting(this.#prey)
    this.#lookNowAndThen()
    await world.events.run(untilMs)
    await this.#recover()
    await this.#rest()
  }

  #lookNowAndThen(): void {
    this.world.events.after(LOOK_MS, 'a look at all nodes', () => {
      this.#lookAround(false)
      this.#lookNowAndThen()
    })
  }

  #lookAround(isWhole: boolean): void {
    this.truth.lookAtImages()
    this.copies.look(isWhole)
  }

  async #begin(): Promise<void> {
    for (const node of this.nodes) node.start()
    await this.until('all nodes serve', 20_000, () => this.nodes.every(({ isServing }) => isServing))
    const topics = [
      { name: this.history.topic, numPartitions: PARTITIONS },
      { name: GROWING, numPartitions: 1 },
    ].map((topic) => ({ ...topic, replicationFactor: 3, assignments: [], configs: [] }))
    await this.#ask(async (client) => {
      const made = await client.call(CreateTopicsRequest, CreateTopicsResponse, 7, { topics, timeoutMs: 5000 })
      for (const { errorCode } of made.topics) assert.equal(errorName(errorCode), 'NONE')
    })
    const place: ClientWorld = {
      world: this.world,
      history: this.history,
      connector: (process) => this.#connector(process.platform),
      passing: PASSING,
      pace: PACE,
      replicationFactor: 3,
      coordinator: (group) => this.truth.coordinatorOf(group),
      knowsBetter: (server, group) => this.truth.knowsBetter(server, group),
      onPromise: (client) => this.#trap.heard(client),
      life: () => ++this.#unique,
      starts: () => ++this.#unique,
    }
    this.#admin = new Admin('admin', place)
    this.#churner = new Churner('churner', place)
    const asker = new EndAsker('asker', (partition) => this.truth.ledBy(this.history.topic, partition), place)
    this.truth.onLed = () => asker.look()
    if (this.#hasPrograms) this.#beginPrograms(place)
    this.clients = [
      new PlainProducer('plain', place),
      ...this.history.partitions.map((_, i) => new IdempotentProducer(`idempotent${i}`, i, place)),
      new Reader('reader', place),
      asker,
      this.#admin,
      new Mover('mover', { topics: [this.history.topic, GROWING], workshop: this.#workshop() }, place),
      this.#churner,
      new LoneCommitter('committer1', GROUPS[0]!, place),
      ...[2, 3].map((i) => new Sharer(`sharer${i}`, GROUPS[1]!, place)),
      ...this.#programs,
    ]
  }

  #beginPrograms(place: ClientWorld): void {
    const random = this.world.random.fork()
    const group = { groupId: READERS, servers: this.#servers, history: this.#reading, options: groupOptions(random) }
    this.#senders = [new SendingProgram('sender1', this.#servers, place)]
    this.#readers = [1, 2].map((i) => new ReadingProgram(`member${i}`, group, place))
  }

  get #programs(): readonly Program[] {
    return [...this.#senders, ...this.#readers]
  }

  #workshop(): Workshop {
    const brokers = this.nodes.filter(({ isBroker }) => isBroker)
    const removable = brokers.length > 3 ? brokers.filter(({ isController }) => !isController).map(({ id }) => id) : []
    const nodeOf = (id: number) => this.nodes.find((node) => node.id === id)!
    return {
      removable,
      switchOff: (id) => {
        const mayGo = !this.truth.hasReplicas(id) && !this.#isCalm
        if (mayGo) nodeOf(id).kill()
        return mayGo
      },
      switchOn: (id, isForgotten) => {
        const node = nodeOf(id)
        const { device } = node.machine
        // Somebody may have placed a replica there at the last moment, or it was started again.
        if (isForgotten && !node.process && !this.truth.hasReplicas(id)) {
          device.mount(new SimDirectory(device.journal))
          this.world.events.note(`broker ${id} has an empty disk`)
          this.world.events.saw('a broker was added')
        }
        node.restartAfter(1000)
      },
    }
  }

  #connector(where: Parameters<typeof RoutedClient.connect>[0]['where']) {
    const [epochs, random] = [new Map<string, number>(), this.world.random.fork()]
    return (timeoutMs: number) => RoutedClient.connect({ servers: this.#servers, where, timeoutMs, random, epochs })
  }

  async #recover(): Promise<void> {
    const { world, nodes } = this
    await world.events.run(world.events.now + ENDING_MS, () => false)
    world.events.note('all is calm')
    this.#isCalm = true
    for (const program of this.#programs) program.calm()
    world.network.mend()
    for (const node of nodes) if (!node.process) node.start()
    // One whose disk failed it a while ago may only now have come to its end.
    world.events.after(RECOVERY_MS / 6, 'no more excuses', () => {
      for (const node of nodes) node.mayFail = this.#isDamaged(node.id)
    })
    const since = world.events.now
    await this.until('every client is served again', RECOVERY_MS, () =>
      this.clients.every(({ lastSuccess }) => lastSuccess > since),
    )
  }

  /** Nobody works any more: all is there, everywhere the same, and a start of all nodes finds it again. */
  async #rest(): Promise<void> {
    const readers: readonly Actor[] = this.#readers
    await this.#end(this.clients.filter((client) => !readers.includes(client)))
    if (this.#hasPrograms)
      await this.until('the group has done all that was acknowledged', RECOVERY_MS, () => this.#reading.isCaughtUp)
    await this.#end(readers)
    const lived = await this.#look()
    if (!this.world.random.chance(0.3)) return
    const isKill = this.world.random.chance(0.5)
    for (const node of this.nodes) {
      if (isKill) node.kill()
      else node.powerCut()
      node.start()
    }
    await this.until('all nodes serve again', RECOVERY_MS, () => this.nodes.every(({ isServing }) => isServing))
    assert.deepEqual(await this.#look(), lived, 'what is found after a start is not what was there before')
  }

  async #end(actors: readonly Actor[]): Promise<void> {
    for (const actor of actors) actor.stop()
    await this.until('every client ends', 40_000, () => actors.every(({ isOver }) => isOver))
  }

  /** Everything that clients and nodes know when nothing moves any more. */
  async #look() {
    const what = () => `all replicas are in sync, where it ended with ${this.#missing()}`
    await this.until(what, RECOVERY_MS, () => this.#missing() === null)
    await this.#meetDamage()
    await this.until(what, RECOVERY_MS, () => this.#missing() === null)
    this.#lookAround(true)
    const found = await this.#ask((client) => this.#audit(client))
    const { broker, process } = this.world.random.pick(this.nodes.filter(({ isBroker }) => isBroker))
    await this.whileRunning('the replay ends', checkReplay(broker!, process!.platform))
    return found
  }

  // A damaged record is served until its broker has met it, and the next pass over its disk may come in a week: what that finds is found now.
  // What memory has of a log is read from there, and nobody can meet what lies below it.
  async #meetDamage(): Promise<void> {
    for (const log of this.copies.spoiled) {
      const scrub = log.scrub()
      while ((await this.whileRunning('a log is looked through', scrub.step())) > 0);
      if (log.damage) this.world.events.saw('damage was met at the end')
    }
  }

  /** Every replica has all that its leader has, the leader knows it, and all nodes know the same; else what is missing. */
  #missing(): string | null {
    const { image } = this.truth
    const away = this.nodes.find(({ isServing }) => !isServing)
    if (!image || away) return `node ${away?.id} does not serve`
    const offsets = this.nodes.map(({ broker }) => broker!.metadata.publisher.publishedOffset)
    if (new Set(offsets).size > 1) return `the nodes know the metadata up to ${offsets}`
    for (const { name, partitions } of image.topics.values())
      for (const partition of partitions) {
        const missing = this.#missingOf(name, partition)
        if (missing !== null) return `${name}-${partition.partition} (replicas ${partition.replicas}): ${missing}`
      }
    return null
  }

  #missingOf(topic: string, { partition, replicas, isr, leader }: PartitionImage): string | null {
    if (isr.length < replicas.length) return `${isr} are in sync`
    // The controller makes preferred leaders of all; before that they may still move.
    if (leader !== replicas[0]) return `${leader} leads`
    const brokers = replicas.map((id) => this.nodes.find((node) => node.id === id)!.broker!)
    const logs = brokers.map(({ rooms }) => rooms.replicas.get(topic, partition)?.log)
    const shown = logs.map((log) => log && `${log.highWatermark} of ${log.endOffset}${log.damage ? ' damaged' : ''}`)
    const end = logs[0]?.endOffset
    const isWhole = logs.every((log) => log && [log.endOffset, log.highWatermark, log.writtenOffset].every((at) => at === end))
    return isWhole && !logs.some((log) => log!.damage) ? null : shown.join(', ')
  }

  async #audit(client: RoutedClient) {
    const records: (readonly SeenRecord[])[] = []
    for (const [partition, history] of this.history.partitions.entries()) {
      const found = await readWhole(client, this.history.topic, partition, history)
      history.checkAll(found.records, found.endOffset, found.startOffset)
      for (const { name } of this.clients) if (name.startsWith('idempotent')) history.checkSequence(found.records, `${name}/`)
      records.push(found.records)
    }
    for (const sender of this.#senders) sender.check(records)
    const offsets = this.#hasPrograms ? [await this.#readersOffsets(client)] : []
    for (const group of GROUPS) {
      const startedAt = this.world.events.now
      const { host, port } = await findCoordinator(client, group)
      const found = await committedOffsets(await client.at(`${host}:${port}`), group)
      offsets.push(found)
      for (const [partition] of this.history.partitions.entries()) {
        const value = found[`${this.history.topic}-${partition}`] ?? -1
        this.history.register(group, partition).read(value, startedAt, this.world.events.now)
      }
    }
    const topics = await listTopics(client)
    this.#admin!.check(topics)
    await this.#admin!.checkConfig(client)
    await this.#churner!.check(client)
    return { records, offsets, topics }
  }

  async #readersOffsets(client: RoutedClient) {
    const { host, port } = await findCoordinator(client, READERS)
    const found = await committedOffsets(await client.at(`${host}:${port}`), READERS)
    for (const partition of this.#reading.numbers)
      this.#reading.sawCommitted(partition, found[`${this.history.topic}-${partition}`] ?? 0, this.world.events.now)
    return found
  }

  /** One who asks while nobody else does. */
  #ask<T>(question: (client: RoutedClient) => Promise<T>): Promise<T> {
    const { platform } = this.world.machine('auditor').start()
    const asking = async () => {
      const client = await this.#connector(platform)(CLIENT_TIMEOUT_MS)
      const value = await question(client)
      client.close()
      return value
    }
    return this.whileRunning('the auditor is answered', asking())
  }
}
