// One broker of the simulation: its machine, and in each life of it a log directory, one partition, and a real Fetch handler for the others.

import { ByteReader, ByteWriter } from '../../src/base/bytes.ts'
import { AnswerMemory } from '../../src/broker/answer-memory.ts'
import { FetchSessions } from '../../src/broker/fetch-sessions.ts'
import type { Handler, RequestContext } from '../../src/broker/handler.ts'
import { fetch } from '../../src/broker/handlers/fetch.ts'
import { listOffsets } from '../../src/broker/handlers/list-offsets.ts'
import { Topics } from '../../src/broker/topics.ts'
import { LogDir } from '../../src/log/log-dir.ts'
import { MetadataImage } from '../../src/metadata/image.ts'
import type { SimProcess } from '../../src/platform/sim/process.ts'
import type { Machine } from '../../src/platform/sim/world.ts'
import type { Slices } from '../../src/platform/slices.ts'
import { KafkaError } from '../../src/protocol/errors.ts'
import { FetchRequest, FetchResponse } from '../../src/protocol/messages/fetch.ts'
import { ListOffsetsRequest, ListOffsetsResponse } from '../../src/protocol/messages/list-offsets.ts'
import { codec, type Input, type Message } from '../../src/protocol/schema.ts'
import type { IsrChange, IsrChanged, LeaderClient, ReplicationConfig } from '../../src/replication/links.ts'
import type { FlushPolicy, Partition } from '../../src/replication/partition.ts'
import { Replicas } from '../../src/replication/replicas.ts'
import { logConfig, TOPIC_ID } from '../support/log-world.ts'
import type { View } from './fake-controller.ts'
import type { Wires } from './wires.ts'

export const CONTROLLER = 0
const FETCH_VERSION = 18
const LIST_OFFSETS_VERSION = 10
/** replica.socket.timeout.ms */
const TIMEOUT_MS = 3000

export const REPLICATION: ReplicationConfig = {
  'alter.log.dirs.replication.quota.window.num': 11,
  'alter.log.dirs.replication.quota.window.size.seconds': 1,
  'num.replica.fetchers': 1,
  'replica.fetch.backoff.ms': 300,
  'replica.fetch.max.bytes': 2000,
  'replica.fetch.min.bytes': 1,
  'replica.fetch.response.max.bytes': 4000,
  'replica.fetch.wait.max.ms': 500,
  'replica.lag.time.max.ms': 2000,
  'replica.selector.class': 'org.apache.kafka.common.replica.RackAwareReplicaSelector',
  'replication.quota.window.num': 11,
  'replication.quota.window.size.seconds': 1,
}

/** What a node may ask of the rest of the simulation. */
export interface Surroundings {
  readonly wires: Wires
  readonly flushPolicy: FlushPolicy
  readonly minInSync: number
  node(id: number): ReplicaNode
  alter(from: Life, change: IsrChange): Promise<IsrChanged>
}

export interface Life {
  readonly node: ReplicaNode
  readonly process: SimProcess
  readonly dir: LogDir
  readonly replicas: Replicas
  readonly partition: Partition
  readonly handlers: {
    readonly fetch: Handler<FetchRequest, FetchResponse>
    readonly listOffsets: Handler<ListOffsetsRequest, ListOffsetsResponse>
  }
  brokerEpoch: number
  view: View | null
}

export class ReplicaNode {
  readonly id: number
  readonly machine: Machine
  readonly #around: Surroundings
  /** Null while it is down, or still starting. */
  life: Life | null = null
  lives = 0
  #process: SimProcess | null = null

  constructor(id: number, machine: Machine, around: Surroundings) {
    this.id = id
    this.machine = machine
    this.#around = around
    machine.device.prepare('data')
  }

  /** Resolves when the log is open; never, where the process dies before. */
  async start(): Promise<Life> {
    this.lives++
    const process = this.machine.start()
    this.#process = process
    const { platform } = process
    const config = logConfig({ 'min.insync.replicas': this.#around.minInSync, 'internal.segment.bytes': 4000 })
    const dir = await LogDir.open(platform, '/data', { nodeId: this.id, clusterId: 'simulated-cluster-0000', config })
    const replicas = new Replicas({
      logDirs: [dir],
      localId: this.id,
      clock: platform.clock,
      logger: platform.logger,
      flushPolicy: this.#around.flushPolicy,
      links: {
        brokers: {
          activeEpochOf: (id) => {
            const broker = life.view?.brokers.get(id)
            return broker && !broker.isFenced ? broker.epoch : null
          },
          rackOf: (id) => `rack-${id}`,
        },
        isrKeeper: { alter: (change) => this.#around.alter(life, change) },
        connect: (leaderId) => this.#connect(life, leaderId),
        brokerEpoch: () => life.brokerEpoch,
        isHeard: () => true,
        config: () => REPLICATION,
      },
    })
    const partition = await replicas.open('t', 0, TOPIC_ID, null, config)
    const image = new MetadataImage()
    image.apply({ kind: 'TopicRecord', version: 0, value: { name: 't', topicId: TOPIC_ID } } as never)
    const topics = new Topics(() => image, replicas)
    const handlers = {
      fetch: fetch({
        topics,
        sessions: new FetchSessions(100, platform.clock, platform.random),
        clock: platform.clock,
        maxBytes: 1 << 20,
        memory: new AnswerMemory(1 << 26, platform.clock),
        readers: replicas,
      }),
      listOffsets: listOffsets({ topics }),
    }
    const life: Life = { node: this, process, dir, replicas, partition, handlers, brokerEpoch: -1, view: null }
    this.life = life
    return life
  }

  stop(how: 'kill' | 'power cut'): void {
    this.life = null
    if (how === 'kill') this.#process?.kill()
    else this.machine.powerCut()
    this.#process = null
  }

  get isDown(): boolean {
    return this.#process === null
  }

  /** It does nothing for a while, as while a garbage collector works. */
  pause(ms: number): void {
    if (this.#process) this.#process.pausedUntil = this.machine.world.events.now + ms
  }

  /** Takes over what the controller says, unless something newer came before. */
  learn(life: Life, view: View): void {
    if (life.view && life.view.version >= view.version) return
    life.view = view
    if (life.brokerEpoch < 0) return
    life.replicas.become(life.partition, view.role)
    life.replicas.brokersChanged()
  }

  #connect(life: Life, leaderId: number): LeaderClient {
    const { wires, node } = this.#around
    const underWay = new Set<(why: Error) => void>()
    const gone = new AbortController()
    const call = <Req, Res>(
      api: 'fetch' | 'listOffsets',
      request: Message<Req>,
      response: Message<Res>,
      version: number,
      body: Input<Req>,
    ): Promise<Res> =>
      new Promise<Res>((resolve, reject) => {
        if (gone.signal.aborted) return reject(new Error('the client was closed'))
        const fail = (why: Error) => {
          underWay.delete(fail)
          reject(why)
        }
        underWay.add(fail)
        wires.world.events.after(TIMEOUT_MS, 'request times out', () => fail(new Error('no answer')), life.process)
        const sent = encoded(request, version, body)
        const leader = node(leaderId).life
        if (!leader) return wires.send(leaderId, this.id, life.process, 'refused', () => fail(new Error('nobody listens')))
        wires.send(this.id, leaderId, leader.process, api, () => {
          const handler = leader.handlers[api] as unknown as Handler<Req, Res>
          void served(handler, decoded(request, version, sent), version, gone.signal).then((answer) => {
            const bytes = encoded(response, version, answer as Input<Res>)
            wires.send(leaderId, this.id, life.process, `${api} answer`, () => {
              if (!underWay.delete(fail)) return
              resolve(decoded(response, version, bytes))
            })
          })
        })
      })
    return {
      fetch: (request) => call('fetch', FetchRequest, FetchResponse, FETCH_VERSION, request),
      listOffsets: (request) => call('listOffsets', ListOffsetsRequest, ListOffsetsResponse, LIST_OFFSETS_VERSION, request),
      close: () => {
        gone.abort()
        for (const fail of [...underWay]) fail(new Error('the client was closed'))
      },
    }
  }
}

/** One request at this node, with what was read given back once it was answered. */
export async function served<Req, Res>(
  handler: Handler<Req, Res>,
  request: Req,
  version: number,
  gone: AbortSignal,
): Promise<Input<Res> | null> {
  const onSent: (() => void)[] = []
  const context = {
    version,
    may: () => true,
    slices: {
      isOver: false,
      isOverAt: () => false,
      map: async (items: readonly unknown[], make: (item: unknown) => unknown) => Promise.all(items.map(make)),
    } as unknown as Slices,
    onSent: (run: () => void) => onSent.push(run),
    gone,
    answerFor: (thrown: unknown) => KafkaError.of(thrown),
    disconnect() {},
  } as unknown as RequestContext
  try {
    const answer = await handler.handle(request, context)
    return answer && copied(answer)
  } finally {
    for (const run of onSent) run()
  }
}

// The bytes of records belong to the log, and are given back with the answer.
function copied<T>(value: T): T {
  if (value instanceof Uint8Array) return Uint8Array.from(value) as T
  if (Array.isArray(value)) return value.map(copied) as T
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, copied(one)])) as T
}

function encoded<T>(message: Message<T>, version: number, body: Input<T>): Uint8Array {
  const writer = new ByteWriter()
  codec(message, version).write(writer, body)
  return Uint8Array.from(writer.toBytes())
}

function decoded<T>(message: Message<T>, version: number, bytes: Uint8Array): T {
  return codec(message, version).read(new ByteReader(bytes))
}
