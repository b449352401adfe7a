// Cuts a byte stream into frames: a 32-bit length, then as many bytes.

import type { PooledBytes } from '../base/buffer-pool.ts'
import { ByteWriter } from '../base/bytes.ts'
import type { Intake } from '../platform/network.ts'
import type { FrameMemory } from './frame-memory.ts'

/** What is missing of a frame is read straight into its place from this size on; below it, one read for many frames is cheaper. */
const DIRECT_FROM = 32 * 1024
const LENGTH_SIZE = 4
/** A frame is admitted with this many bytes, or with those that came; from there on what it may take doubles. */
const FIRST_PART = 1024
/** A frame up to this size gets its place at once; so does one of usual size (FrameMemory) of which as much came. Others move as they grow. */
const SMALL = 16 * 1024

export interface FrameSink {
  /** May a frame of `size` bytes come in, the first `part` of them now? After false nothing is read until `FrameReader.resume`. */
  admit(size: number, part: number): boolean
  /** May `more` bytes of the frame under way come in? After false nothing is read until `FrameReader.resume`. */
  extend(more: number): boolean
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
  /**
   * Larger frames are refused before a byte of them is read (socket.request.max.bytes). Asked for each frame: what a connection may send can
   * depend on what it has shown so far.
   */
  readonly maxFrameBytes: () => number
  /** What is said of a length that is not allowed; missing: what a listener's log says. */
  readonly explain?: (size: number, max: number, start: Buffer) => string
}

export class FrameReader implements Intake {
  readonly #sink: FrameSink
  readonly #memory: FrameMemory
  readonly #landing: Uint8Array
  readonly #maxFrameBytes: () => number
  readonly #explain: (size: number, max: number, start: Buffer) => string
  readonly #length = Buffer.alloc(LENGTH_SIZE)
  #lengthFilled = 0
  #frame: PooledBytes | null = null
  /** Of the frame under way, when it is whole. */
  #size = 0
  /** How much of it may be here; never above what its place holds. */
  #allowed = 0
  #filled = 0
  /** What its place has beyond what was allowed when it was taken, and nobody was asked for. */
  #ahead = 0
  /** The last buffer given out is the frame itself. */
  #isDirect = false
  /** Bytes that arrived behind a frame that was not admitted. */
  #held: Uint8Array | null = null
  #isBlocked = false
  #isOver = false

  constructor({ sink, memory, landing, maxFrameBytes, explain = strangeRequest }: FrameReaderOptions) {
    this.#sink = sink
    this.#memory = memory
    this.#landing = landing
    this.#maxFrameBytes = maxFrameBytes
    this.#explain = explain
  }

  /** A frame waits for admission, or one under way for more room. */
  get isBlocked(): boolean {
    return this.#isBlocked
  }

  /** Part of a frame is here. */
  get isUnderWay(): boolean {
    return this.#frame !== null
  }

  buffer(): Uint8Array {
    this.#isDirect = this.#frame !== null && this.#allowed - this.#filled >= DIRECT_FROM
    return this.#isDirect ? this.#frame!.bytes.subarray(this.#filled, this.#allowed) : this.#landing
  }

  received(length: number): void {
    if (this.#isOver) return
    if (!this.#isDirect) return this.#take(this.#landing, length)
    this.#isDirect = false
    this.#filled += length
    if (this.#filled === this.#size) this.#deliver()
    else if (this.#filled === this.#allowed) this.#extend(0)
  }

  /** Asks again for what was refused, and goes on with what arrived behind it. */
  resume(): void {
    if (!this.#isBlocked || this.#isOver) return
    this.#isBlocked = false
    const held = this.#held
    this.#held = null
    this.#take(held ?? this.#landing, held?.length ?? 0)
  }

  /** Lets go of everything; bytes that still come are ignored. */
  stop(): void {
    this.#isOver = true
    this.#held = null
    this.#frame?.release()
    this.#frame = null
    this.#giveAhead()
  }

  /** The first `length` of `bytes` came. */
  #take(bytes: Uint8Array, length: number): void {
    if (this.#isBlocked) return this.#hold(bytes.subarray(0, length))
    let at = 0
    while (!this.#isOver) {
      if (!this.#frame) {
        at += this.#takeLength(bytes, at, length)
        if (this.#lengthFilled < LENGTH_SIZE || !this.#begin(length - at)) break
      }
      at += this.#takeBody(bytes, at, length)
      if (this.#filled === this.#size) this.#deliver()
      else if (this.#filled < this.#allowed || !this.#extend(length - at)) break
    }
    if (this.#isBlocked) this.#hold(bytes.subarray(at, length))
  }

  #takeLength(bytes: Uint8Array, at: number, end: number): number {
    const count = Math.min(LENGTH_SIZE - this.#lengthFilled, end - at)
    for (let i = 0; i < count; i++) this.#length[this.#lengthFilled + i] = bytes[at + i]!
    this.#lengthFilled += count
    return count
  }

  #begin(arrived: number): boolean {
    const size = this.#length.readInt32BE(0)
    const max = this.#maxFrameBytes()
    if (size <= 0 || size > max) {
      this.stop()
      this.#sink.refuse(this.#explain(size, max, this.#length))
      return false
    }
    const part = Math.min(size, Math.max(arrived, FIRST_PART))
    this.#isBlocked = !this.#sink.admit(size, part)
    if (this.#isBlocked) return false
    this.#size = size
    this.#allowed = part
    this.#filled = 0
    this.#frame = this.#place()
    return true
  }

  /** Makes room for `arrived` bytes more at least. Doubling keeps what is taken, and what is copied, in proportion to what came. */
  #extend(arrived: number): boolean {
    const more = Math.min(this.#size - this.#allowed, Math.max(arrived, this.#allowed))
    this.#isBlocked = !this.#sink.extend(more)
    if (this.#isBlocked) return false
    this.#allowed += more
    if (this.#allowed > this.#frame!.bytes.length) this.#move()
    return true
  }

  #place(): PooledBytes {
    const size = this.#size
    const allowed = this.#allowed
    if (size <= SMALL) return this.#memory.take(size)
    const usual = Math.min(size, this.#memory.usual)
    if (allowed >= SMALL && usual > allowed && this.#memory.takeAhead(usual - allowed)) this.#ahead = usual - allowed
    return this.#memory.take(allowed + this.#ahead)
  }

  #giveAhead(): void {
    if (this.#ahead > 0) this.#memory.giveAhead(this.#ahead)
    this.#ahead = 0
  }

  #move(): void {
    const old = this.#frame!
    this.#giveAhead()
    this.#frame = this.#place()
    this.#frame.bytes.set(old.bytes.subarray(0, this.#filled))
    old.release()
  }

  #takeBody(bytes: Uint8Array, at: number, end: number): number {
    const count = Math.min(this.#allowed - this.#filled, end - at)
    if (count > 0)
      this.#frame!.bytes.set(at === 0 && count === bytes.length ? bytes : bytes.subarray(at, at + count), this.#filled)
    this.#filled += count
    return count
  }

  #deliver(): void {
    const frame = this.#frame!
    this.#frame = null
    this.#giveAhead()
    this.#lengthFilled = 0
    this.#sink.frame(frame)
  }

  #hold(bytes: Uint8Array): void {
    if (bytes.length > 0 && !this.#isOver) this.#held = this.#held ? Buffer.concat([this.#held, bytes]) : Uint8Array.from(bytes)
  }
}

/** The usual reasons for a strange length are other protocols, so they are named. */
function strangeRequest(size: number, max: number, length: Buffer): string {
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

/** Writes a frame: room for its length comes first and is filled in at the end, so that a small frame is one piece. */
export class FrameWriter extends ByteWriter {
  constructor(expectedSize = 256) {
    super(expectedSize)
    this.int32(0)
  }

  /** The whole frame, ready to be sent; nothing more may be written. */
  frame(): Uint8Array[] {
    const chunks = this.chunks()
    const size = this.size - LENGTH_SIZE
    const first = chunks[0]!
    new DataView(first.buffer, first.byteOffset).setInt32(0, size)
    return chunks
  }
}
