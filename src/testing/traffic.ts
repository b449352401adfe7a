// What goes over the sockets of a test, and what is put off to a later turn: known, so that whoever moves time can wait until everything has arrived and is done.

import type { Address, Connection, Intake, Network } from '../platform/network.ts'

/** So many turns of the event loop in which nothing moves, and nothing is on its way, mean that nothing goes on. */
const QUIET_TURNS = 3
/** What has not come in so many turns is not waited for any longer. */
const LOST_TURNS = 5000
/** Somebody who never falls silent is not waited for longer. */
const MOST_TURNS = 20_000

export class Traffic {
  #moved = 0
  /** Connections that are being made: looking up a name takes its time. */
  #connecting = 0
  readonly #ways = new Map<string, Way>()

  /** Something goes on. */
  note(): void {
    this.#moved++
  }

  /**
   * Resolves when nothing has moved for some turns of the event loop, and what was sent from here to here has arrived: on a busy machine the loopback takes longer
   * than a turn.
   */
  async settled(turn: () => Promise<void>): Promise<void> {
    for (let turns = 0, still = 0, quiet = 0; quiet < QUIET_TURNS && turns < MOST_TURNS; turns++) {
      const before = this.#moved
      await turn()
      still = this.#moved === before ? still + 1 : 0
      if (still === LOST_TURNS) for (const way of this.#ways.values()) way.forget()
      quiet = still > 0 && this.#connecting === 0 && !this.#isUnderWay() ? quiet + 1 : 0
    }
  }

  #isUnderWay(): boolean {
    for (const way of this.#ways.values()) if (way.isUnderWay) return true
    return false
  }

  /** From one end of a connection to the other; both ends get the same. */
  way(from: Address, to: Address): Way {
    const key = `${from.port}>${to.port}`
    const known = this.#ways.get(key)
    if (known) return known
    const way: Way = new Way(() => {
      if (this.#ways.get(key) === way) this.#ways.delete(key)
    })
    this.#ways.set(key, way)
    return way
  }

  /** The same network, whose bytes are noticed here. */
  watch(network: Network): Network {
    const { secured } = network
    return {
      hostName: network.hostName,
      listen: (address, accept) =>
        network.listen(address, (connection) => {
          this.note()
          accept(new WatchedConnection(connection, this, false))
        }),
      connect: (address, signal) => this.#opened(network.connect(address, signal)),
      ...(secured && {
        secured: (settings) => {
          const { connect } = secured.call(network, settings)
          return { connect: (address, signal) => this.#opened(connect(address, signal), true) }
        },
      }),
    }
  }

  /** Of what is encrypted more is sent than is read. */
  async #opened(connecting: Promise<Connection>, isSecured = false): Promise<Connection> {
    this.#connecting++
    try {
      return new WatchedConnection(await connecting, this, !isSecured)
    } finally {
      this.#connecting--
      this.note()
    }
  }
}

/** What goes over a connection in one direction. */
class Way {
  #sent = 0
  #received = 0
  /** Whoever connects from here connects to a broker that is here, too; others may come from anywhere. */
  isOurs = false
  /** Its receiver takes nothing for now. */
  isPaused = false
  /** The connection is over. */
  readonly end: () => void

  constructor(end: () => void) {
    this.end = end
  }

  send(bytes: number): void {
    this.#sent += bytes
  }

  receive(bytes: number): void {
    this.#received += bytes
  }

  get isUnderWay(): boolean {
    return this.isOurs && !this.isPaused && this.#sent > this.#received
  }

  forget(): void {
    this.#received = Math.max(this.#received, this.#sent)
  }
}

class WatchedConnection implements Connection {
  readonly remote
  readonly local
  readonly #connection: Connection
  readonly #traffic: Traffic
  readonly #out: Way
  readonly #in: Way

  /** `isBothOurs`: the other end is here, too. */
  constructor(connection: Connection, traffic: Traffic, isBothOurs: boolean) {
    this.remote = connection.remote
    this.local = connection.local
    this.#connection = connection
    this.#traffic = traffic
    this.#out = traffic.way(this.local, this.remote)
    this.#in = traffic.way(this.remote, this.local)
    this.#in.isPaused = true // until somebody wants it
    if (isBothOurs) this.#out.isOurs = this.#in.isOurs = true
    connection.onClose(() => {
      this.#out.end()
      this.#in.end()
    })
  }

  get unsent(): number {
    return this.#connection.unsent
  }

  send(chunks: readonly Uint8Array[]): Promise<void> {
    this.#traffic.note()
    this.#out.send(chunks.reduce((sum, chunk) => sum + chunk.length, 0))
    return this.#connection.send(chunks)
  }

  onData(intake: Intake): void {
    this.#in.isPaused = false
    this.#connection.onData({
      buffer: () => intake.buffer(),
      received: (length) => {
        this.#traffic.note()
        this.#in.receive(length)
        intake.received(length)
      },
    })
  }

  onClose(run: (why?: Error) => void): void {
    this.#connection.onClose((why) => {
      this.#traffic.note()
      run(why)
    })
  }

  pause(): void {
    this.#in.isPaused = true
    this.#connection.pause()
  }

  resume(): void {
    this.#in.isPaused = false
    this.#connection.resume()
  }

  close(): void {
    this.#connection.close()
  }
}
