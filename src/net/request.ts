// One request on its way: the bytes that came, and the place of its answer among the others of the connection.

import { assert } from '../base/assert.ts'
import type { PooledBytes } from '../base/buffer-pool.ts'
import type { Channel } from './channel.ts'

export class Request {
  readonly channel: Channel
  /** The frame without its length. Valid until `release`. */
  readonly bytes: Uint8Array
  /** Wall clock, ms since 1970, when its last byte came. */
  readonly receivedAt: number
  readonly overlaps: boolean
  readonly #frame: PooledBytes
  #isCharged = true
  #isAnswered = false
  #chunks: readonly Uint8Array[] | null = null
  #onLeft: (() => void) | undefined

  constructor(channel: Channel, frame: PooledBytes, overlaps: boolean, receivedAt: number) {
    this.channel = channel
    this.#frame = frame
    this.bytes = frame.bytes
    this.overlaps = overlaps
    this.receivedAt = receivedAt
  }

  get isAnswered(): boolean {
    return this.#isAnswered
  }

  /** The answer, a whole frame; null: none is sent. */
  get chunks(): readonly Uint8Array[] | null {
    return this.#chunks
  }

  /**
   * Gives the answer, a whole frame (`FrameWriter`), exactly once; null for none (acks=0). The channel sends it when its turn has come and calls `onLeft` when the operating
   * system has it, or when nobody will ever read it: the place to release read buffers.
   */
  answer(chunks: readonly Uint8Array[] | null, onLeft?: () => void): void {
    assert(!this.#isAnswered, 'a request was answered twice')
    this.#isAnswered = true
    this.#chunks = chunks
    this.#onLeft = onLeft
    this.channel.answered()
    this.#uncharge()
  }

  /**
   * The bytes are not used any more and their memory may be used again: nothing may keep a view of them. Whoever cannot know that leaves it to
   * the garbage collector by never calling this. The connection is charged for the bytes until this or the answer.
   */
  release(): void {
    this.#uncharge()
    this.#frame.release()
  }

  /** The answer left, or will not be sent; called by the channel, once. */
  left(): void {
    this.#chunks = null
    this.#onLeft?.()
  }

  #uncharge(): void {
    if (!this.#isCharged) return
    this.#isCharged = false
    this.channel.freed(this.bytes.length)
  }
}
