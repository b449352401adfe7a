// A connection whose other end is the test.

import { type Deferred, deferred } from '../../src/base/deferred.ts'
import type { Connection, Intake } from '../../src/platform/network.ts'

export class PretendConnection implements Connection {
  readonly remote = { host: '127.0.0.1', port: 40_000 }
  readonly local = { host: '127.0.0.1', port: 9092 }
  unsent = 0
  isPaused = true
  isClosed = false
  /** All that was sent, as text. */
  sent = ''
  /** While true, what is sent stays unsent until `drain`. */
  isStuck = false
  readonly #stuck: { bytes: number; done: Deferred<void> }[] = []
  #intake: Intake | null = null
  #onClose: ((why?: Error) => void)[] = []
  #inbound: Uint8Array[] = []

  async send(chunks: readonly Uint8Array[]): Promise<void> {
    if (this.isClosed) throw new Error('is closed')
    const bytes = Buffer.concat(chunks)
    this.sent += bytes.toString('latin1')
    if (!this.isStuck) return
    this.unsent += bytes.length
    const done = deferred<void>()
    this.#stuck.push({ bytes: bytes.length, done })
    await done.promise
  }

  async drain(): Promise<void> {
    this.isStuck = false
    for (const { bytes, done } of this.#stuck.splice(0)) {
      this.unsent -= bytes
      done.resolve()
    }
    await new Promise((resolve) => setImmediate(resolve))
  }

  onData(intake: Intake): void {
    this.#intake = intake
    this.resume()
  }

  onClose(run: (why?: Error) => void): void {
    this.#onClose.push(run)
  }

  pause(): void {
    this.isPaused = true
  }

  resume(): void {
    this.isPaused = false
    for (const bytes of this.#inbound.splice(0)) this.deliver(bytes)
  }

  /** Bytes come from the other end; as much at once as the intake has room for. */
  deliver(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length && !this.isClosed; ) {
      if (this.isPaused) {
        this.#inbound.push(bytes.subarray(at))
        return
      }
      const buffer = this.#intake!.buffer()
      const length = Math.min(buffer.length, bytes.length - at)
      buffer.set(bytes.subarray(at, at + length))
      this.#intake!.received(length)
      at += length
    }
  }

  close(why?: Error): void {
    if (this.isClosed) return
    this.isClosed = true
    for (const { done } of this.#stuck.splice(0)) done.reject(new Error('is closed'))
    for (const run of this.#onClose) run(why)
  }
}
