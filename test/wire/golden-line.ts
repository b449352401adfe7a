// One connection of the tape, held to the broker.

import type { Connection } from '../../src/platform/network.ts'

const LENGTH_SIZE = 4
const ROOM = 1 << 20

/** What came in answer to a wait: a frame without its length, the end of the connection, or nothing in time. */
export type Told = Buffer | 'closed' | 'nothing'

/** The API and version of a request, which its answer does not tell. */
export interface Asked {
  readonly apiKey: number
  readonly version: number
}

export class Line {
  readonly connection: Connection
  /** By correlation id. */
  readonly asked = new Map<number, Asked>()
  readonly #room = Buffer.alloc(ROOM)
  readonly #frames: Buffer[] = []
  #held = Buffer.alloc(0)
  #isGivenUp = false
  /** The broker has closed it, not we. */
  isClosed = false

  constructor(connection: Connection) {
    this.connection = connection
    connection.onClose(() => {
      if (!this.#isGivenUp) this.isClosed = true
    })
    connection.onData({ buffer: () => this.#room, received: (length) => this.#take(this.#room.subarray(0, length)) })
  }

  #take(bytes: Buffer): void {
    this.#held = Buffer.concat([this.#held, bytes])
    while (this.#held.length >= LENGTH_SIZE) {
      const end = LENGTH_SIZE + this.#held.readInt32BE(0)
      if (this.#held.length < end) return
      this.#frames.push(this.#held.subarray(LENGTH_SIZE, end))
      this.#held = this.#held.subarray(end)
    }
  }

  get hasNews(): boolean {
    return this.#frames.length > 0 || this.isClosed
  }

  /** The next answer, if it is there. */
  next(): Told {
    return this.#frames.shift() ?? (this.isClosed ? 'closed' : 'nothing')
  }

  send(bytes: Buffer): void {
    void this.connection.send([bytes])
  }

  destroy(): void {
    this.#isGivenUp = true
    this.connection.close()
  }
}
