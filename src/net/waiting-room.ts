// A connection that waits until it may come in: its bytes are read as far as they are few, because only who reads learns that the other end left.

import type { Connection } from '../platform/network.ts'

/** Clients begin with one small request. What is read at once may be more. */
const ROOM = 1024

export class WaitingRoom {
  readonly #connection: Connection
  readonly #full: Uint8Array[] = []
  #bytes = new Uint8Array(ROOM)
  #filled = 0

  /** Reads from now on, until so much came that a client would wait for an answer. */
  constructor(connection: Connection) {
    this.#connection = connection
    connection.onData({
      buffer: () => this.#bytes.subarray(this.#filled),
      received: (length) => {
        this.#filled += length
        if (this.#filled < ROOM) return
        this.#full.push(this.#bytes)
        this.#bytes = new Uint8Array(ROOM)
        this.#filled = 0
        connection.pause()
      },
    })
  }

  /** Stops reading and gives what came: whoever reads next begins with it. */
  leave(): Uint8Array {
    this.#connection.pause()
    return Buffer.concat([...this.#full, this.#bytes.subarray(0, this.#filled)])
  }
}
