// Cuts a byte stream into frames: a 32-bit length, then as many bytes.

import type { PooledBytes } from '../base/buffer-pool.ts'
import type { Intake } from '../platform/network.ts'
import type { FrameMemory } from './frame-memory.ts'

/** What is missing of a frame is read straight into its place from this size on; below it, one read for many frames is cheaper. */
const DIRECT_FROM = 32 * 1024
const LENGTH_SIZE = 4

export interface FrameSink {
  /** May a frame of `size` bytes come in? After false nothing is read until `FrameReader.resume`. */
  admit(size: number): boolean
  /** A frame without its length. The receiver owns it and releases it once, after the last use of its bytes. */
  frame(frame: PooledBytes): void
  /** The stream is no stream of frames; nothing more is cut from it. */
  refuse(why: string): void
}

export interface FrameReaderOptions {
  readonly sink: FrameSink
  readonly memory: FrameMemory
  /** Where bytes land first. Emptied before `received` returns, so one buffer serves all connections. */
  readonly landing: Uint8Array
  /** Larger frames are refused before a byte of them is read (socket.request.max.bytes). */
  readonly maxFrameBytes: number
}

export class FrameReader implements Intake {
  readonly #sink: FrameSink
  readonly #memory: FrameMemory
  readonly #landing: Uint8Array
  readonly #maxFrameBytes: number
  readonly #length = Buffer.alloc(LENGTH_SIZE)
  #lengthFilled = 0
  #frame: PooledBytes | null = null
  #filled = 0
  /** The last buffer given out is the frame itself. */
  #isDirect = false
  /** Bytes that arrived behind a frame that was not admitted. */
  #held: Uint8Array | null = null
  #isBlocked = false
  #isOver = false

  constructor({ sink, memory, landing, maxFrameBytes }: FrameReaderOptions) {
    this.#sink = sink
    this.#memory = memory
    this.#landing = landing
    this.#maxFrameBytes = maxFrameBytes
  }

  /** A frame waits for admission. */
  get isBlocked(): boolean {
    return this.#isBlocked
  }

  buffer(): Uint8Array {
    this.#isDirect = this.#frame !== null && this.#frame.bytes.length - this.#filled >= DIRECT_FROM
    return this.#isDirect ? this.#frame!.bytes.subarray(this.#filled) : this.#landing
  }

  received(length: number): void {
    if (this.#isOver) return
    if (!this.#isDirect) return this.#take(this.#landing.subarray(0, length))
    this.#isDirect = false
    this.#filled += length
    if (this.#filled === this.#frame!.bytes.length) this.#deliver()
  }

  /** Asks again for admission of the frame that waits, and goes on with what arrived behind it. */
  resume(): void {
    if (!this.#isBlocked || this.#isOver) return
    this.#isBlocked = false
    const held = this.#held
    this.#held = null
    this.#take(held ?? this.#landing.subarray(0, 0))
  }

  /** Lets go of everything; bytes that still come are ignored. */
  stop(): void {
    this.#isOver = true
    this.#held = null
    this.#frame?.release()
    this.#frame = null
  }

  #take(bytes: Uint8Array): void {
    if (this.#isBlocked) return this.#hold(bytes)
    let at = 0
    while (!this.#isOver) {
      if (!this.#frame) {
        at += this.#takeLength(bytes, at)
        if (this.#lengthFilled < LENGTH_SIZE || !this.#begin()) break
      }
      at += this.#takeBody(bytes, at)
      if (this.#filled < this.#frame!.bytes.length) return
      this.#deliver()
    }
    if (this.#isBlocked) this.#hold(bytes.subarray(at))
  }

  #takeLength(bytes: Uint8Array, at: number): number {
    const count = Math.min(LENGTH_SIZE - this.#lengthFilled, bytes.length - at)
    for (let i = 0; i < count; i++) this.#length[this.#lengthFilled + i] = bytes[at + i]!
    this.#lengthFilled += count
    return count
  }

  #begin(): boolean {
    const size = this.#length.readInt32BE(0)
    if (size <= 0 || size > this.#maxFrameBytes) {
      this.stop()
      this.#sink.refuse(explain(size, this.#maxFrameBytes, this.#length))
      return false
    }
    this.#isBlocked = !this.#sink.admit(size)
    if (this.#isBlocked) return false
    this.#frame = this.#memory.take(size)
    this.#filled = 0
    return true
  }

  #takeBody(bytes: Uint8Array, at: number): number {
    const frame = this.#frame!.bytes
    const count = Math.min(frame.length - this.#filled, bytes.length - at)
    frame.set(at === 0 && count === bytes.length ? bytes : bytes.subarray(at, at + count), this.#filled)
    this.#filled += count
    return count
  }

  #deliver(): void {
    const frame = this.#frame!
    this.#frame = null
    this.#lengthFilled = 0
    this.#sink.frame(frame)
  }

  #hold(bytes: Uint8Array): void {
    if (bytes.length > 0 && !this.#isOver) this.#held = this.#held ? Buffer.concat([this.#held, bytes]) : Uint8Array.from(bytes)
  }
}

/** The usual reasons for a strange length are other protocols, so they are named. */
function explain(size: number, max: number, length: Buffer): string {
  const start = length.toString('latin1')
  if (/^(GET |POST|HEAD|PUT |OPTI)/.test(start)) return 'an HTTP request came to a Kafka listener'
  if (length[0] === 0x16 && length[1] === 0x03) return 'a TLS handshake came to a listener without TLS'
  return `a frame announced ${size} bytes; 1 to ${max} are allowed (socket.request.max.bytes)`
}

/** A frame around `chunks`, ready to be sent. */
export function framed(chunks: readonly Uint8Array[]): Uint8Array[] {
  const length = Buffer.allocUnsafe(LENGTH_SIZE)
  length.writeInt32BE(chunks.reduce((sum, chunk) => sum + chunk.length, 0))
  return [length, ...chunks]
}
