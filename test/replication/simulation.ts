// Three replicas of one partition, a controller that never fails, two producers and two consumers, and everything that goes wrong between them.

import type { SeededRandom } from '../../src/platform/sim/random.ts'
import { World } from '../../src/platform/sim/world.ts'
import { KafkaError } from '../../src/protocol/errors.ts'
import type { FetchRequest, FetchResponse } from '../../src/protocol/messages/fetch.ts'
import { batches } from '../../src/protocol/records/batch.ts'
import type { IsrChange, IsrChanged } from '../../src/replication/links.ts'
import type { FlushPolicy } from '../../src/replication/partition.ts'
import { batchOf, TOPIC_ID } from '../support/log-world.ts'
import { FakeController } from './fake-controller.ts'
import { History, type Kept, violated } from './history.ts'
import { CONTROLLER, type Life, ReplicaNode, served } from './replica-node.ts'
import { Wires } from './wires.ts'

export interface Settings {
  readonly seed: number
  readonly seconds: number
  readonly flushPolicy: FlushPolicy
  /** How often something goes wrong, ms on average; null: never. */
  readonly troubleMs: number | null
  /** What may go wrong. */
  readonly troubles: readonly Trouble[]
  /** Each of them only in half of all seeds, so that what goes wrong often is not hidden by what goes wrong always. */
  readonly isSwarm?: boolean
}

export type Trouble = 'kill' | 'power cut' | 'all lose power' | 'cut' | 'pause' | 'move' | 'slow'

export const ALL_TROUBLES: readonly Trouble[] = ['kill', 'power cut', 'all lose power', 'cut', 'pause', 'move', 'slow']

export interface Summary {
  readonly acknowledged: number
  readonly reads: number
  readonly elections: number
  readonly lives: number
  readonly truncations: number
  readonly events: number
  readonly isrChanges: number
  readonly hash: string
}

const IDS = [1, 2, 3]
const CLIENT = 9
const HEARTBEAT_MS = 200
const SESSION_MS = 900
const CONSUMER_VERSION = 18

export class Simulation {
  readonly settings: Settings
  readonly world: World
  readonly random: SeededRandom
  readonly wires: Wires
  readonly #troubles: readonly Trouble[]
  readonly controller = new FakeController(IDS)
  readonly nodes = new Map<number, ReplicaNode>()
  readonly history = new History()
  readonly #lastSeen = new Map<number, number>()
  readonly #highWatermarks = new WeakMap<Life, number>()
  #failure: unknown = null
  #values = 0
  #isHealing = false
  truncations = 0
  isrChanges = 0

  constructor(settings: Settings) {
    this.settings = settings
    this.world = new World({
      seed: settings.seed,
      turn: () => new Promise((resolve) => setImmediate(resolve)),
      maxEvents: 400_000,
    })
    this.random = this.world.random.fork()
    this.wires = new Wires(this.world)
    this.#troubles = settings.troubles.filter(() => !settings.isSwarm || this.random.chance(0.5))
    const around = {
      wires: this.wires,
      flushPolicy: settings.flushPolicy,
      minInSync: 2,
      node: (id: number) => this.nodes.get(id)!,
      alter: (from: Life, change: IsrChange) => this.#alter(from, change),
    }
    for (const id of IDS) this.nodes.set(id, new ReplicaNode(id, this.world.machine(`node-${id}`), around))
    this.controller.onView = () => this.#publish()
    this.world.onLine = ({ message, level, facts }) => {
      if (message.startsWith('a follower cuts off')) this.truncations++
      // Whatever goes wrong outside, a defect of ours is one.
      const error = facts['error']
      if (
        level !== 'info' &&
        error instanceof Error &&
        !(error instanceof KafkaError) &&
        !/answer|closed|listens/.test(error.message)
      )
        this.#failure ??= error
      if (error instanceof KafkaError && error.error === 'UNKNOWN_SERVER_ERROR') this.#failure ??= error
    }
    this.world.events.afterEach = () => this.#inspect()
  }

  get #now(): number {
    return this.world.events.now
  }

  async run(): Promise<Summary> {
    const { seconds } = this.settings
    for (const id of IDS) this.start(id)
    this.#watchSessions()
    await this.go(3000)
    for (let producer = 0; producer < 2; producer++) this.#produce()
    for (const node of IDS.slice(0, 2)) this.#consume({ offset: 0, node })
    if (this.settings.troubleMs !== null && this.#troubles.length > 0) this.#makeTrouble(this.settings.troubleMs)
    await this.go(seconds * 1000)
    await this.heal()
    await this.check()
    return {
      acknowledged: this.history.acknowledged.size,
      reads: this.history.reads,
      elections: this.controller.elections,
      lives: [...this.nodes.values()].reduce((sum, { lives }) => sum + lives, 0),
      truncations: this.truncations,
      events: this.world.events.count,
      isrChanges: this.isrChanges,
      hash: this.world.trace.hash,
    }
  }

  /** Lets so much time pass. */
  async go(ms: number, isDone: () => boolean = () => false): Promise<boolean> {
    const done = await this.world.events.run(this.#now + ms, () => this.#failure !== null || isDone())
    if (this.#failure !== null) throw this.#failure
    return done
  }

  // ---- brokers and their controller

  start(id: number): void {
    void this.nodes
      .get(id)!
      .start()
      .then((life) => this.#register(life))
  }

  #register(life: Life): void {
    const { id } = life.node
    if (life.node.life !== life || life.brokerEpoch >= 0) return
    this.wires.send(id, CONTROLLER, null, 'register', () => {
      if (life.node.life !== life) return
      this.#lastSeen.set(id, this.#now)
      const epoch = this.controller.register(id)
      this.wires.send(CONTROLLER, id, life.process, 'registered', () => {
        if (epoch < life.brokerEpoch) return // the answer to a registration that was repeated
        const isFirst = life.brokerEpoch < 0
        life.brokerEpoch = epoch
        life.node.learn(life, this.controller.view)
        if (isFirst) this.#heartbeat(life)
      })
    })
    this.world.events.after(500, 'register again', () => this.#register(life), life.process)
  }

  #heartbeat(life: Life): void {
    const { id } = life.node
    this.wires.send(id, CONTROLLER, null, 'heartbeat', () => {
      if (life.node.life !== life) return
      this.#lastSeen.set(id, this.#now)
      if (!this.controller.isActive(id)) this.controller.unfence(id, life.brokerEpoch)
    })
    this.world.events.after(HEARTBEAT_MS, 'heartbeat', () => this.#heartbeat(life), life.process)
  }

  #watchSessions(): void {
    for (const id of IDS) if (this.#now - (this.#lastSeen.get(id) ?? -1e9) > SESSION_MS) this.controller.fence(id)
    this.#publish() // what was lost on its way comes again
    this.world.events.after(HEARTBEAT_MS, 'controller looks', () => this.#watchSessions())
  }

  #publish(): void {
    const { view } = this.controller
    for (const { id, life } of this.nodes.values())
      if (life && life.brokerEpoch >= 0 && (life.view?.version ?? -1) < view.version)
        this.wires.send(CONTROLLER, id, life.process, `view ${view.version}`, () => life.node.learn(life, view))
  }

  #alter(life: Life, change: IsrChange): Promise<IsrChanged> {
    const { id } = life.node
    return new Promise((resolve, reject) => {
      let isOver = false
      const ask = () => {
        if (isOver) return
        this.wires.send(id, CONTROLLER, null, 'alter', () => {
          const answer = this.#decide(id, life.brokerEpoch, change)
          this.wires.send(CONTROLLER, id, life.process, 'altered', () => {
            isOver = true
            if (answer instanceof KafkaError) reject(answer)
            else resolve(answer)
          })
        })
        this.world.events.after(1000, 'alter again', ask, life.process)
      }
      ask()
    })
  }

  #decide(id: number, brokerEpoch: number, change: IsrChange): IsrChanged | KafkaError {
    try {
      const changed = this.controller.alter(id, brokerEpoch, change)
      this.isrChanges++
      return changed
    } catch (thrown) {
      return KafkaError.of(thrown)
    }
  }

  // ---- clients

  #produce(): void {
    if (this.#isHealing) return
    const wanted = this.random.chance(0.1) ? this.random.pick(IDS) : this.controller.role.leaderId
    const life = this.nodes.get(wanted)?.life
    if (life) this.wires.send(CLIENT, wanted, life.process, 'produce', () => this.append(life, this.random.chance(0.8)))
    this.world.events.after(this.random.next() * 60, 'produce', () => this.#produce())
  }

  /** Appends a record; what becomes of it is history. */
  append(life: Life, byAll: boolean): void {
    const value = `value ${this.#values++} ${'x'.repeat(this.random.below(200))}`
    try {
      const { partition } = life
      const { baseOffset, lastOffset } = partition.appendAsLeader(batchOf([value]), byAll ? 'all' : 'leader')
      const done = partition.acknowledged(lastOffset + 1, byAll ? 'all' : 'leader', 5000)
      const epoch = partition.leaderEpoch
      void Promise.resolve(done).then(
        () => byAll && this.#acknowledged(value, baseOffset, epoch),
        () => {},
      )
    } catch (thrown) {
      if (!(thrown instanceof KafkaError) || thrown.error === 'UNKNOWN_SERVER_ERROR') this.#failure ??= thrown
    }
  }

  // Whoever could lead next has it on the device.
  #acknowledged(value: string, offset: number, epoch: number): void {
    this.history.acknowledge(value, offset)
    for (const id of this.controller.role.isr) {
      const life = this.nodes.get(id)!.life
      const durable =
        this.settings.flushPolicy === 'fsync' ? life?.partition.log.flushedOffset : life?.partition.log.writtenOffset
      if (durable !== undefined && durable <= offset)
        this.#failure ??= new Error(`offset ${offset} was acknowledged in epoch ${epoch}; node ${id}, in sync, has ${durable}`)
    }
  }

  /** One fetch after the other; who hears nothing asks again. */
  #consume(at: { readonly offset: number; readonly node: number }): void {
    const node = this.random.chance(0.2) ? this.random.pick(IDS) : at.node
    const life = this.nodes.get(node)?.life
    let isOver = false
    const goOn = (next: { offset: number; node?: number }) => {
      if (isOver) return
      isOver = true
      this.world.events.after(10 + this.random.next() * 40, 'consume', () =>
        this.#consume({ node: this.#leaderOr(node), ...next }),
      )
    }
    this.world.events.after(life ? 1500 : 100, 'consumer gives up', () => goOn({ offset: at.offset }))
    if (!life) return
    this.wires.send(CLIENT, node, life.process, 'consume', () => {
      void served(life.handlers.fetch, consumerRequest(at.offset), CONSUMER_VERSION, new AbortController().signal).then(
        (answer) =>
          this.wires.send(node, CLIENT, null, 'consumed', () => {
            if (!isOver) goOn(this.#consumed(at.offset, life, answer as FetchResponse))
          }),
      )
    })
  }

  #leaderOr(node: number): number {
    const { leaderId } = this.controller.role
    return leaderId < 0 ? node : leaderId
  }

  #consumed(offset: number, life: Life, answer: FetchResponse): { offset: number; node?: number } {
    const data = answer.responses[0]?.partitions[0]
    if (data?.errorCode !== 0) return { offset }
    if ((data.preferredReadReplica ?? -1) >= 0) return { offset, node: data.preferredReadReplica }
    let next = offset
    for (const kept of keptIn(bytesOf(data.records))) {
      if (kept.offset >= data.highWatermark)
        this.#fail(`node ${life.node.id} gave offset ${kept.offset}, committed to ${data.highWatermark}`)
      if (kept.offset < offset) continue
      this.#guard(() => this.history.read(kept))
      next = kept.offset + 1
    }
    return { offset: next }
  }

  #fail(what: string): void {
    this.#guard(() => violated(what))
  }

  #guard(check: () => void): void {
    try {
      check()
    } catch (thrown) {
      this.#failure ??= thrown
    }
  }

  // ---- trouble

  #makeTrouble(everyMs: number): void {
    if (this.#isHealing) return
    this.#trouble(this.random.pick(this.#troubles))
    this.world.events.after(this.random.next() * 2 * everyMs, 'trouble', () => this.#makeTrouble(everyMs))
  }

  #trouble(kind: Trouble): void {
    const { events } = this.world
    const id = this.random.pick(IDS)
    switch (kind) {
      case 'kill':
      case 'power cut':
        return this.#stop([id], kind)
      case 'all lose power':
        return this.random.chance(0.3) ? this.#stop(IDS, 'power cut') : undefined
      case 'cut': {
        const other = this.random.pick([CONTROLLER, ...IDS.filter((one) => one !== id)])
        this.wires.cut(id, other)
        if (this.random.chance(0.7)) this.wires.cut(other, id)
        return void events.after(this.random.next() * 4000, 'mend', () => this.wires.mend())
      }
      case 'pause':
        return this.nodes.get(id)!.pause(this.random.next() * 3000)
      case 'move':
        return this.controller.moveLeader(id)
      case 'slow':
        this.wires.slowShare = this.random.chance(0.5) ? 0 : 0.2
        this.wires.slowMs = this.random.pick([50, 300, 1500])
    }
  }

  #stop(ids: readonly number[], how: 'kill' | 'power cut'): void {
    for (const id of ids) {
      const node = this.nodes.get(id)!
      if (node.isDown) continue
      node.stop(how)
      this.world.events.after(100 + this.random.next() * 3000, `start node-${id}`, () => node.isDown && this.start(id))
    }
  }

  // ---- the end

  /** Nothing goes wrong any more; within a minute all three are in sync, and everything is committed. */
  async heal(): Promise<void> {
    this.#isHealing = true
    this.wires.mend()
    this.wires.slowShare = 0
    const isWell = await this.go(60_000, () => this.#isWell)
    if (!isWell)
      violated(
        `not well after a minute: ${JSON.stringify(this.controller.role)} ${[...this.nodes.values()].map(describe).join('; ')}`,
      )
  }

  get #isWell(): boolean {
    const { isr, leaderId } = this.controller.role
    const lives = [...this.nodes.values()].map(({ life }) => life)
    const end = this.nodes.get(leaderId)?.life?.partition.endOffset
    return (
      isr.length === IDS.length &&
      lives.every((life) => life !== null && life.partition.endOffset === end && life.partition.highWatermark === end)
    )
  }

  /** Every log is the same byte for byte, and holds what anybody was told. */
  async check(): Promise<void> {
    const logs: Buffer[] = []
    for (const { life } of this.nodes.values()) {
      const reading = everything(life ?? violated('a node is down after healing'))
      let bytes: Buffer | null = null
      void reading.then((read) => (bytes = read))
      await this.go(10_000, () => bytes !== null)
      logs.push(bytes ?? violated('a log could not be read'))
    }
    const [first, ...others] = logs
    for (const other of others) if (!other.equals(first!)) violated('the logs differ')
    this.history.compare([...keptIn(first!)])
  }

  #inspect(): void {
    for (const { id, life } of this.nodes.values()) {
      if (!life) continue
      const { partition } = life
      const { highWatermark, endOffset } = partition
      if (highWatermark < (this.#highWatermarks.get(life) ?? 0))
        this.#fail(`the high watermark of node ${id} went back to ${highWatermark}`)
      if (highWatermark > endOffset) this.#fail(`the high watermark of node ${id} is ${highWatermark}, its end ${endOffset}`)
      this.#highWatermarks.set(life, highWatermark)
      if (partition.isLeader) this.#guard(() => this.history.led(partition.leaderEpoch, id))
    }
  }
}

function describe({ id, life }: ReplicaNode): string {
  if (!life) return `node ${id} is down`
  const { endOffset, highWatermark, isLeader, role, log } = life.partition
  return `node ${id}: end ${endOffset}, flushed ${log.flushedOffset}, committed ${highWatermark}, leads ${isLeader}, knows epoch ${role.leaderEpoch}/${role.partitionEpoch} of ${role.leaderId}`
}

async function everything({ partition }: Life): Promise<Buffer> {
  const pieces: Buffer[] = []
  for (let next = partition.startOffset; next < partition.endOffset; ) {
    const read = await partition.readForFollower(next, 1 << 20, true)
    const bytes = Buffer.concat(read.views)
    read.release()
    let used = 0
    for (const batch of batches(bytes)) {
      next = batch.nextOffset
      used += batch.sizeInBytes
    }
    pieces.push(bytes.subarray(0, used))
  }
  return Buffer.concat(pieces)
}

function* keptIn(bytes: Uint8Array): Generator<Kept> {
  for (const batch of batches(bytes))
    for (const { offset, value } of batch.records()) yield { offset, value: Buffer.from(value ?? []).toString() }
}

function bytesOf(records: unknown): Uint8Array {
  if (records instanceof Uint8Array) return records
  return Buffer.concat((records ?? []) as Uint8Array[])
}

function consumerRequest(fetchOffset: number): FetchRequest {
  const partition = {
    partition: 0,
    currentLeaderEpoch: -1,
    fetchOffset,
    lastFetchedEpoch: -1,
    logStartOffset: -1,
    partitionMaxBytes: 2000,
  }
  return {
    clusterId: null,
    replicaId: -1,
    replicaState: { replicaId: -1, replicaEpoch: -1 },
    maxWaitMs: 100,
    minBytes: 1,
    maxBytes: 1 << 20,
    isolationLevel: 0,
    sessionId: 0,
    sessionEpoch: -1,
    topics: [{ topic: '', topicId: TOPIC_ID, partitions: [partition] }],
    forgottenTopicsData: [],
    rackId: `rack-${1 + (fetchOffset % 3)}`,
  } as unknown as FetchRequest
}
