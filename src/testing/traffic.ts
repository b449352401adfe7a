// What goes over the sockets of a test, and what is put off to a later turn: known, so that whoever moves time can wait until everything has arrived and is done.

import type { Connection, Intake, Network } from '../platform/network.ts'

/** So many turns of the event loop without a byte mean that nothing is on its way: what is sent over the loopback is there in the next one. */
const QUIET_TURNS = 3
/** Somebody who never falls silent is not waited for longer. */
const MOST_TURNS = 20_000

export class Traffic {
  #moved = 0
  /** Connections that are being made: looking up a name takes its time. */
  #connecting = 0

  /** Something goes on. */
  note(): void {
    this.#moved++
  }

  /** Resolves when nothing has moved for some turns of the event loop. */
  async settled(turn: () => Promise<void>): Promise<void> {
    for (let turns = 0, quiet = 0; quiet < QUIET_TURNS && turns < MOST_TURNS; turns++) {
      const before = this.#moved
      await turn()
      quiet = this.#moved === before && this.#connecting === 0 ? quiet + 1 : 0
    }
  }

  /** The same network, whose bytes are noticed here. */
  watch(network: Network): Network {
    const { secured } = network
    return {
      hostName: network.hostName,
      listen: (address, accept) =>
        network.listen(address, (connection) => {
          this.note()
          accept(new WatchedConnection(connection, this))
        }),
      connect: (address, signal) => this.#opened(network.connect(address, signal)),
      ...(secured && {
        secured: (settings) => {
          const { connect } = secured.call(network, settings)
          return { connect: (address, signal) => this.#opened(connect(address, signal)) }
        },
      }),
    }
  }

  async #opened(connecting: Promise<Connection>): Promise<Connection> {
    this.#connecting++
    try {
      return new WatchedConnection(await connecting, this)
    } finally {
      this.#connecting--
      this.note()
    }
  }
}

class WatchedConnection implements Connection {
  readonly remote
  readonly local
  readonly #connection: Connection
  readonly #traffic: Traffic

  constructor(connection: Connection, traffic: Traffic) {
    this.remote = connection.remote
    this.local = connection.local
    this.#connection = connection
    this.#traffic = traffic
  }

  get unsent(): number {
    return this.#connection.unsent
  }

  send(chunks: readonly Uint8Array[]): Promise<void> {
    this.#traffic.note()
    return this.#connection.send(chunks)
  }

  onData(intake: Intake): void {
    this.#connection.onData({
      buffer: () => intake.buffer(),
      received: (length) => {
        this.#traffic.note()
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
    this.#connection.pause()
  }

  resume(): void {
    this.#connection.resume()
  }

  close(): void {
    this.#connection.close()
  }
}
