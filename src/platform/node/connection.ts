// One TCP connection. Bytes are read into buffers that the intake gives (Node's `onread`: half again the throughput of 'data' events at
// 1 MB), and everything sent in one turn of the event loop leaves in one write.

import type { Socket } from 'node:net'
import { type Deferred, deferred } from '../../base/deferred.ts'
import type { Address, Connection, Intake } from '../network.ts'

/** Below this, copying chunks together is cheaper than a vectored write. */
const JOIN_MAX = 16 * 1024

/** Where the first bytes go when the intake is not known yet. One for all: it is emptied before the next read. */
const firstBytes = new Uint8Array(64 * 1024)

/** Stands between Node's `onread` and an intake that arrives later. */
export class Tap {
  #intake: Intake | null = null
  #given: Uint8Array | null = null
  /** Closes the connection when the intake throws, which is a bug of whoever reads. */
  onBroken: (why: Error) => void = () => {}
  /** Node's own pause forgets itself when a resume of the same turn comes through late. */
  isPaused = true

  open(intake: Intake): void {
    this.#intake = intake
    this.#given = null // what Node holds is the buffer of the one before
  }

  /** Node asks once at the beginning and once after every read. */
  readonly buffer = (): Uint8Array => (this.#given = this.#intake?.buffer() ?? firstBytes)

  readonly callback = (length: number, buffer: Uint8Array): boolean => {
    if (buffer !== this.#given || buffer === firstBytes) this.pour(buffer.subarray(0, length))
    else this.#guard(() => this.#intake?.received(length))
    return !this.isPaused
  }

  /** Gives the intake bytes that lie elsewhere. */
  pour(bytes: Uint8Array): void {
    this.#guard(() => {
      for (let at = 0; this.#intake && at < bytes.length; ) {
        const buffer = this.#intake.buffer()
        const length = Math.min(buffer.length, bytes.length - at)
        buffer.set(bytes.subarray(at, at + length))
        this.#intake.received(length)
        at += length
      }
    })
  }

  /** Nothing more is taken: the intake may have given its buffer to somebody else. */
  shut(): void {
    this.#intake = null
  }

  #guard(run: () => void): void {
    try {
      run()
    } catch (thrown) {
      this.onBroken(thrown instanceof Error ? thrown : new Error(String(thrown)))
    }
  }
}

export class NodeConnection implements Connection {
  readonly remote: Address
  readonly local: Address
  readonly #socket: Socket
  readonly #tap: Tap
  readonly #onClose: ((why?: Error) => void)[] = []
  #why: Error | undefined
  #isOver = false
  #outgoing: Uint8Array[] = []
  #outgoingBytes = 0
  /** Of everything sent in this turn; null when there is nothing yet. */
  #turn: Deferred<void> | null = null
  #unsent = 0

  /** `socket` is paused and reads through `tap`, or by 'data' events where `byEvents` says so. */
  constructor(socket: Socket, tap: Tap, byEvents: boolean) {
    this.#socket = socket
    this.#tap = tap
    this.remote = { host: plainHost(socket.remoteAddress), port: socket.remotePort ?? 0 }
    this.local = { host: plainHost(socket.localAddress), port: socket.localPort ?? 0 }
    tap.onBroken = (why) => this.#break(why)
    if (byEvents) {
      socket.on('data', (bytes: Buffer) => tap.pour(bytes))
      socket.pause() // a listener for 'data' starts the flow
    }
    socket.on('error', (why) => {
      this.#why ??= why
    })
    socket.on('close', () => this.#over())
  }

  get unsent(): number {
    return this.#unsent
  }

  send(chunks: readonly Uint8Array[]): Promise<void> {
    if (this.#isOver) return quiet(Promise.reject(this.#gone()))
    for (const chunk of chunks) {
      this.#outgoing.push(chunk)
      this.#outgoingBytes += chunk.length
      this.#unsent += chunk.length
    }
    if (!this.#turn) {
      this.#turn = deferred()
      void quiet(this.#turn.promise)
      // A tick runs after all promises that are ready, so the answers of one flushed group leave together.
      process.nextTick(() => this.#flush())
    }
    return this.#turn.promise
  }

  #flush(): void {
    const turn = this.#turn
    if (!turn || this.#isOver) return
    const chunks = this.#outgoing
    const bytes = this.#outgoingBytes
    this.#outgoing = []
    this.#outgoingBytes = 0
    this.#turn = null
    const done = (why?: Error | null) => {
      this.#unsent -= bytes
      // Node 20 reports success for a write that ended because the socket was destroyed.
      if (why || this.#socket.destroyed) turn.reject(this.#gone())
      else turn.resolve()
    }
    if (chunks.length === 1) this.#socket.write(chunks[0]!, done)
    else if (bytes <= JOIN_MAX) this.#socket.write(Buffer.concat(chunks, bytes), done)
    else this.#writeAll(chunks, done)
  }

  #writeAll(chunks: readonly Uint8Array[], done: (why?: Error | null) => void): void {
    const last = chunks.length - 1
    this.#socket.cork()
    for (let i = 0; i < last; i++) this.#socket.write(chunks[i]!)
    this.#socket.write(chunks[last]!, done)
    this.#socket.uncork()
  }

  onData(intake: Intake): void {
    this.#tap.open(intake)
    this.resume()
  }

  onClose(run: (why?: Error) => void): void {
    if (this.#isOver) queueMicrotask(() => run(this.#why))
    else this.#onClose.push(run)
  }

  pause(): void {
    this.#tap.isPaused = true
    this.#socket.pause()
  }

  resume(): void {
    if (this.#isOver) return
    this.#tap.isPaused = false
    this.#socket.resume()
  }

  close(): void {
    this.#flush() // an answer of this very turn still leaves, if the system takes it at once
    this.#tap.shut()
    this.#socket.destroy()
  }

  #break(why: Error): void {
    this.#why ??= why
    this.close()
  }

  #over(): void {
    this.#isOver = true
    this.#tap.shut()
    this.#outgoing = []
    this.#turn?.reject(this.#gone())
    for (const run of this.#onClose.splice(0)) run(this.#why)
  }

  #gone(): Error {
    return new Error(`the connection with ${this.remote.host}:${this.remote.port} is closed`, this.#why && { cause: this.#why })
  }
}

/** Whoever does not await it learns from onClose that the connection is gone. */
function quiet<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {})
  return promise
}

/** A dual-stack socket shows IPv4 addresses in IPv6 clothes. */
function plainHost(address = ''): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
}
