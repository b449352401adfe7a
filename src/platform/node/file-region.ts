// Bytes of a file on their way to a socket.

import type { FileRegion } from '../../base/chunk.ts'
import { Slots } from '../../base/slots.ts'
import { readAll } from './calls.ts'
import { diskError } from './disk-errors.ts'
import type { Pace } from './pace.ts'
import { type SendfileCalls, sendfileCalls } from './sendfile.ts'

/** Each holds a descriptor; clients that do not read must not use them up. */
const MOST_REGIONS = 1000
/** What is read and written where the socket is full, so that libuv says when it takes something again. */
const PIECE = 16 * 1024
/** More at once than cores would wait in the pool; koffi keeps memory for so many calls. */
const CALLS_AT_A_TIME = 8

/** All that are on their way from one disk. */
export class NodeFileRegions {
  readonly pace: Pace
  readonly slots = new Slots(CALLS_AT_A_TIME)
  #count = 0

  constructor(pace: Pace) {
    this.pace = pace
  }

  /** Null where they are not to be had, or too many are on their way. Their own descriptor keeps the file, whoever closes or removes it. */
  take(path: string, file: number, at: number, length: number): NodeFileRegion | null {
    const calls = this.#count < MOST_REGIONS ? sendfileCalls() : null
    if (!calls) return null
    const fd = calls.duplicate(file)
    if (fd === null) return null
    this.#count++
    return new NodeFileRegion({ path, fd, at, length, calls, regions: this })
  }

  released(): void {
    this.#count--
  }
}

interface Place {
  readonly path: string
  readonly fd: number
  readonly at: number
  readonly length: number
  readonly calls: SendfileCalls
  readonly regions: NodeFileRegions
}

export class NodeFileRegion implements FileRegion {
  readonly length: number
  readonly calls: SendfileCalls
  readonly #place: Place

  /** `place.fd` is its own. */
  constructor(place: Place) {
    this.#place = place
    this.length = place.length
    this.calls = place.calls
  }

  /** Sends from its byte `from` on what the socket takes now; how many bytes went. */
  async sendTo(socket: number, from: number): Promise<number> {
    const { fd, at, length, calls, regions } = this.#place
    const wanted = length - from
    return Math.max(
      0,
      await regions.slots.run(() => regions.pace.watch(() => calls.sendfile(socket, fd, at + from, wanted), wanted)),
    )
  }

  /** A few bytes from its byte `from` on. Throws DiskError, also where the file was cut off meanwhile. */
  async piece(from: number): Promise<Uint8Array> {
    const { path, fd, at, length, regions } = this.#place
    const bytes = Buffer.allocUnsafe(Math.min(PIECE, length - from))
    try {
      const count = await regions.pace.watch(() => readAll(fd, bytes, at + from), bytes.length)
      if (count < bytes.length) throw new Error(`it ends at ${at + from + count}, and ${at + length} was promised`)
      return bytes
    } catch (thrown) {
      throw diskError(path, 'send from', thrown)
    }
  }

  release(): void {
    this.calls.close(this.#place.fd)
    this.#place.regions.released()
  }
}
