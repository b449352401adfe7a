// Opens the listeners of a server and makes a channel of every connection that may come in.

import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import type { Address, Connection, Listener, Network } from '../platform/network.ts'
import { Slices } from '../platform/slices.ts'
import { RequestBudget } from './budget.ts'
import { Channel, type ChannelHouse, type ChannelLimits, type RequestSink } from './channel.ts'
import { ConnectionCounts, type ConnectionLimits } from './connection-limits.ts'
import { CreationPace } from './creation-pace.ts'
import { FrameMemory } from './frame-memory.ts'
import { FramesUnderWay } from './frames-under-way.ts'
import { SparseLog } from './sparse-log.ts'
import { WaitingRoom } from './waiting-room.ts'

const LANDING = 64 * 1024
const TOO_FAST = 'too many wait to come in already (max.connection.creation.rate)'

export interface ListenerOptions {
  /** As `listeners` names it: PLAINTEXT, CONTROLLER, EXTERNAL, ... */
  readonly name: string
  readonly address: Address
}

export interface ServeOptions {
  readonly network: Network
  readonly clock: Clock
  readonly logger: Logger
  readonly listeners: readonly ListenerOptions[]
  readonly sink: RequestSink
  readonly channelLimits: ChannelLimits
  /** Asked whenever somebody connects. */
  readonly connectionLimits: () => ConnectionLimits
  /** queued.max.request.bytes: of all connections together; negative: no bound. */
  readonly maxRequestBytes: number
}

/** Opens all listeners, or none: a failure closes those that were open and says which address it was. */
export async function serve(options: ServeOptions): Promise<Server> {
  const server = new Server(options)
  try {
    for (const listener of options.listeners) await server.open(listener)
  } catch (thrown) {
    await server.close()
    throw thrown
  }
  return server
}

export class Server {
  readonly #network: Network
  readonly #house: ChannelHouse
  readonly #log: SparseLog
  readonly #counts: ConnectionCounts
  readonly #limits: () => ConnectionLimits
  readonly #pace: CreationPace
  readonly #paces = new Map<string, CreationPace>()
  readonly #listeners = new Map<string, Listener>()
  readonly #connections = new Map<Connection, Channel | null>()
  /** Of those that wait to come in. */
  readonly #rooms = new Map<Connection, WaitingRoom>()
  #nextId = 1
  #isOver = false
  #onEmpty: (() => void) | null = null

  constructor({ network, clock, logger, sink, channelLimits, connectionLimits, maxRequestBytes }: ServeOptions) {
    this.#network = network
    this.#log = new SparseLog(logger, clock)
    this.#counts = new ConnectionCounts(connectionLimits)
    this.#limits = connectionLimits
    this.#pace = new CreationPace(clock, () => connectionLimits().maxCreationRate)
    this.#house = {
      clock,
      sink: this.#watched(sink, logger),
      limits: channelLimits,
      budget: new RequestBudget(maxRequestBytes),
      memory: new FrameMemory(),
      underWay: new FramesUnderWay(clock),
      landing: new Uint8Array(LANDING),
      slices: Slices.of(clock),
    }
  }

  /** The address a listener is bound to; its port is the chosen one where 0 was asked for. */
  address(listener: string): Address | undefined {
    return this.#listeners.get(listener)?.address
  }

  get connections(): number {
    return this.#counts.all
  }

  /** Bytes of requests that are not answered or released yet. */
  get requestBytes(): number {
    return this.#house.budget.usedBytes
  }

  async open(options: ListenerOptions): Promise<void> {
    const { name } = options
    const ownRate = () => this.#limits().listeners.get(name)?.maxCreationRate ?? Number.POSITIVE_INFINITY
    this.#paces.set(name, new CreationPace(this.#house.clock, ownRate))
    this.#listeners.set(name, await this.#network.listen(options.address, (connection) => this.#accept(connection, name)))
  }

  /** Nobody comes in any more; those inside stay. */
  async stopListening(): Promise<void> {
    this.#isOver = true
    await Promise.all([...this.#listeners.values()].map((listener) => listener.close()))
  }

  /** Stops listening and closes every connection; resolves when all of them are over. Answers that have not left are lost. */
  async close(): Promise<void> {
    await this.stopListening()
    for (const pace of [this.#pace, ...this.#paces.values()]) pace.stop()
    if (this.#connections.size === 0) return
    const empty = new Promise<void>((resolve) => (this.#onEmpty = resolve))
    for (const [connection, channel] of [...this.#connections]) {
      if (channel) channel.close(null)
      else connection.close()
    }
    await empty
  }

  #accept(connection: Connection, name: string): void {
    const { host } = connection.remote
    const refusal = this.#isOver ? 'the server stops' : this.#counts.enter(host, name)
    if (refusal !== null) return this.#refuse(connection, name, refusal)
    this.#connections.set(connection, null)
    connection.onClose(() => this.#left(connection, host, name))
    const pace = this.#paces.get(name)!
    if (!pace.enter(connection, () => this.#enter(connection, name))) return this.#refuse(connection, name, TOO_FAST)
    if (this.#connections.get(connection) === null) this.#rooms.set(connection, new WaitingRoom(connection))
  }

  #refuse(connection: Connection, listener: string, why: string): void {
    const { host, port } = connection.remote
    this.#log.warn('a connection was refused', { from: `${host}:${port}`, listener, why })
    connection.close()
  }

  /** Its listener lets it in; now all listeners together must. */
  #enter(connection: Connection, listener: string): void {
    if (!this.#pace.enter(connection, () => this.#welcome(connection, listener))) this.#refuse(connection, listener, TOO_FAST)
  }

  #welcome(connection: Connection, listener: string): void {
    const channel = new Channel(this.#nextId++, listener, connection, this.#house)
    this.#connections.set(connection, channel)
    const room = this.#rooms.get(connection)
    this.#rooms.delete(connection)
    channel.open(room?.leave())
  }

  #left(connection: Connection, ip: string, listener: string): void {
    this.#counts.leave(ip, listener)
    this.#connections.delete(connection)
    this.#rooms.delete(connection)
    this.#paces.get(listener)!.leave(connection)
    this.#pace.leave(connection)
    if (this.#connections.size === 0) this.#onEmpty?.()
  }

  /** The sink, with a line in the log for every connection that ended; most of them only for those who debug. */
  #watched(sink: RequestSink, logger: Logger): RequestSink {
    return {
      mayOverlap: (bytes) => sink.mayOverlap(bytes),
      receive: (request) => sink.receive(request),
      opened: (channel) => sink.opened?.(channel),
      closed: (channel, closing) => {
        const { host, port } = channel.remote
        const facts = { from: `${host}:${port}`, listener: channel.listener, why: closing.why ?? undefined }
        if (closing.isFault) this.#log.warn('a connection was closed', facts)
        else logger.debug('a connection ended', facts)
        sink.closed?.(channel, closing)
      },
    }
  }
}
