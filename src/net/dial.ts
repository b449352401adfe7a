// The other end: a connection to a broker. Requests carry a correlation id and may be many at once; answers are matched by it.

import { BufferPool, type PooledBytes } from '../base/buffer-pool.ts'
import { type Deferred, deferred } from '../base/deferred.ts'
import type { Clock, Timer } from '../platform/clock.ts'
import { type Address, type Connection, ConnectRefused, type Network } from '../platform/network.ts'
import { FrameReader, framed } from './frame.ts'
import { FrameMemory } from './frame-memory.ts'

/** Most who ask keep their answers, so that their memory is never used again. */
const NO_REUSE = 0
const LANDING = 64 * 1024
/** 336 MiB: no answer is as long, and what other protocols begin with reads as more. */
const MAX_ANSWER_BYTES = 0x15_00_00_00

/** What the other end speaks whose answer has a length that no answer has. */
function strangeAnswer(size: number, max: number, start: Buffer): string {
  const text = start.toString('latin1')
  if (text === 'HTTP') return "it speaks HTTP, not Kafka's protocol"
  if ((start[0] === 0x15 || start[0] === 0x16) && start[1] === 0x03) return 'it expects TLS'
  return `it announced an answer of ${size} bytes; 1 to ${max} are taken`
}

export interface DialOptions {
  readonly connectTimeoutMs?: number
  /** Gives up a connection that is still being made. */
  readonly signal?: AbortSignal
  /** A longer answer closes the connection. */
  readonly maxFrameBytes?: number
  /** Where answers live; for those who ask often and release what they got. */
  readonly memory?: FrameMemory
}

/** The connection is gone, was refused, or did not answer in time. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost'

  /** It was never made, because the other machine says that nobody listens there. */
  get isRefused(): boolean {
    return this.cause instanceof ConnectRefused
  }
}

/** The other end said nothing for as long as it was given; whether it has done what it was asked for is not known. */
export class NoAnswer extends ConnectionLost {}

/** Connects, or throws ConnectionLost after the timeout. */
export async function dial(
  network: Pick<Network, 'connect'>,
  clock: Clock,
  address: Address,
  options: DialOptions = {},
): Promise<Caller> {
  const { connectTimeoutMs = 10_000, signal } = options
  const giveUp = new AbortController()
  const abort = () => giveUp.abort(new ConnectionLost('it was closed here'))
  const timer = clock.after(connectTimeoutMs, () => {
    const within = `${Math.round(connectTimeoutMs)} ms`
    giveUp.abort(new NoAnswer(`${address.host}:${address.port} did not take the connection within ${within}`))
  })
  signal?.addEventListener('abort', abort)
  try {
    return new Caller(await network.connect(address, giveUp.signal), clock, options)
  } catch (thrown) {
    throw thrown instanceof ConnectionLost ? thrown : new ConnectionLost((thrown as Error).message, { cause: thrown })
  } finally {
    timer.cancel()
    signal?.removeEventListener('abort', abort)
  }
}

interface Waiting {
  readonly answer: Deferred<PooledBytes>
  readonly timer: Timer | null
}

export class Caller {
  readonly #connection: Connection
  readonly #clock: Clock
  readonly #waiting = new Map<number, Waiting>()
  readonly #reader: FrameReader
  #over: ConnectionLost | null = null
  readonly #closed = deferred<void>()
  /** Rejects with why it is over. */
  readonly #broken = deferred<never>()

  constructor(connection: Connection, clock: Clock, { maxFrameBytes = MAX_ANSWER_BYTES, memory }: DialOptions) {
    this.#connection = connection
    this.#clock = clock
    this.#broken.promise.catch(() => {}) // mostly nobody waits for it
    this.#reader = new FrameReader({
      sink: {
        admit: () => true,
        extend: () => true,
        frame: (frame) => this.#answered(frame),
        refuse: (why) => this.#lose(why),
      },
      memory: memory ?? new FrameMemory(new BufferPool(NO_REUSE)),
      landing: new Uint8Array(LANDING),
      maxFrameBytes: () => maxFrameBytes,
      explain: strangeAnswer,
    })
    connection.onClose((why) => {
      this.#lose(why?.message ?? 'the other end closed it', why)
      this.#closed.resolve()
    })
    connection.onData(this.#reader)
  }

  get remote(): Address {
    return this.#connection.remote
  }

  get isOpen(): boolean {
    return this.#over === null
  }

  /** As `promise`, or rejects with why the connection is over, where that comes first. */
  whileOpen<T>(promise: Promise<T>): Promise<T> {
    return Promise.race([promise, this.#broken.promise])
  }

  /** Resolves when the connection is over, whoever ended it. */
  get closed(): Promise<void> {
    return this.#closed.promise
  }

  /**
   * Sends a request (header and body, without its length) whose header carries `correlationId`; resolves with the answer, correlation id
   * first, which may be released after its last use. The id must not be waiting already. After `timeoutMs` the connection is closed, because nothing tells a late
   * answer from a lost one; missing: whoever asks does so itself.
   */
  call(correlationId: number, chunks: readonly Uint8Array[], timeoutMs?: number): Promise<PooledBytes> {
    if (this.#over) return Promise.reject(this.#over)
    const answer = deferred<PooledBytes>()
    const late = () => this.#lose(`no answer within ${timeoutMs} ms`)
    const timer = timeoutMs === undefined ? null : this.#clock.after(timeoutMs, late)
    this.#waiting.set(correlationId, { answer, timer })
    void this.#send(chunks)
    return answer.promise
  }

  /** Sends a request that gets no answer (Produce with acks=0). Resolves when the operating system has it. */
  async tell(chunks: readonly Uint8Array[]): Promise<void> {
    if (this.#over) throw this.#over
    await this.#connection.send(framed(chunks))
  }

  async #send(chunks: readonly Uint8Array[]): Promise<void> {
    try {
      await this.#connection.send(framed(chunks))
    } catch (thrown) {
      this.#lose((thrown as Error).message)
    }
  }

  /** Closes; calls that wait fail, and are told why. */
  close(why = 'it was closed here'): void {
    this.#lose(why)
  }

  #answered(frame: PooledBytes): void {
    const { bytes } = frame
    const correlationId = bytes.length < 4 ? null : Buffer.from(bytes.buffer, bytes.byteOffset, 4).readInt32BE(0)
    const waiting = correlationId === null ? undefined : this.#waiting.get(correlationId)
    if (!waiting) return this.#lose(`an answer came that nobody waits for (correlation id ${correlationId})`)
    this.#waiting.delete(correlationId!)
    waiting.timer?.cancel()
    waiting.answer.resolve(frame)
  }

  #lose(why: string, cause?: Error): void {
    if (this.#over) return
    const { host, port } = this.remote
    this.#over = new ConnectionLost(`the connection with ${host}:${port} is over: ${why}`, cause && { cause })
    this.#reader.stop()
    this.#connection.close()
    this.#broken.reject(this.#over)
    for (const { answer, timer } of this.#waiting.values()) {
      timer?.cancel()
      answer.reject(this.#over)
    }
    this.#waiting.clear()
  }
}
