// One connection to one ZooKeeper server: the handshake of a session, questions answered in their order, pings, and watches that fire.

import { BufferPool } from '../base/buffer-pool.ts'
import { ByteReader, ByteWriter } from '../base/bytes.ts'
import { type Deferred, deferred } from '../base/deferred.ts'
import { FrameReader, framed } from '../net/frame.ts'
import { FrameMemory } from '../net/frame-memory.ts'
import type { Clock, Timer } from '../platform/clock.ts'
import type { Address, Network, Connection as Wire } from '../platform/network.ts'
import { ZooKeeperError } from './errors.ts'
import { readBuffer, readText, writeBuffer } from './jute.ts'
import { type Operation, opCodes } from './operations.ts'

/** What a session is known by, on every server of the ensemble. */
export interface SessionKey {
  /** 0 for a session that is yet to be given. */
  readonly id: bigint
  readonly password: Uint8Array
  readonly timeoutMs: number
}

export interface ConnectionOptions {
  readonly network: Network
  readonly clock: Clock
  readonly address: Address
  readonly session: SessionKey
  /** The newest transaction that this client has seen: a server that is behind it refuses. */
  readonly lastZxid: bigint
  readonly connectTimeoutMs: number
  readonly chroot: string
}

export interface WatchEvent {
  readonly type: 'created' | 'deleted' | 'data' | 'children'
  readonly path: string
}

export interface ConnectionEvents {
  /** The server answered something that was sent at `sentAt` of the monotonic clock. */
  answered(sentAt: number): void
  watch(event: WatchEvent): void
  /** Once, when it is over, after every question that waits has failed. */
  closed(why: string): void
}

/** The session is over on the server, or never was. */
export class SessionRefused extends Error {
  override readonly name = 'SessionRefused'
}

/** Answers are kept by those who asked, so their memory is never used again. */
const NO_REUSE = 0
const LANDING = 64 * 1024
/** ZooKeeper bounds what it takes at 1 MB; lists of children have no bound there. */
const MAX_FRAME_BYTES = 64 * 1024 * 1024
const PROTOCOL_VERSION = 0
const PASSWORD_SIZE = 16
const WATCH_XID = -1
const PING_XID = -2
/** jute.maxbuffer: a server closes the connection of who sends more, and everything else that is under way on it is lost. */
const MAX_REQUEST_BYTES = 0xfffff
/** Questions that wait for their answers; who has more to ask waits for some of them. */
const MAX_WAITING = 2000
const MAX_WAITING_BYTES = 32 * 1024 * 1024

interface Waiting {
  readonly xid: number
  readonly sentAt: number
  readonly sizeInBytes: number
  /** In the turn of the answer, so that a watch is known before it can fire. */
  answered(error: number, from: ByteReader): void
  fail(why: ZooKeeperError): void
}

const eventTypes: Record<number, WatchEvent['type']> = { 1: 'created', 2: 'deleted', 3: 'data', 4: 'children' }

export class Connection {
  readonly #wire: Wire
  readonly #clock: Clock
  readonly #chroot: string
  readonly #reader: FrameReader
  readonly #waiting: Waiting[] = []
  #waitingBytes = 0
  readonly #hello = deferred<SessionKey>()
  #session: SessionKey | null = null
  #events: ConnectionEvents | null = null
  #over: string | null = null
  #nextXid = 1
  /** When what is now asked and not answered was sent: the oldest question, or a ping. */
  #pingSentAt: number | null = null
  #lastSentAt = 0
  #timer: Timer | null = null
  lastZxid: bigint

  /** Connects and takes the session up, or is given a new one. Throws SessionRefused where the session is over, and an Error where the server does not answer. */
  static async open(options: ConnectionOptions): Promise<Connection> {
    const { network, clock, address, connectTimeoutMs } = options
    const late = deferred<never>()
    const giveUp = new AbortController()
    const connecting = network.connect(address, giveUp.signal)
    let connection: Connection | null = null
    const timer = clock.after(connectTimeoutMs, () => {
      connection?.close('it did not answer in time')
      late.reject(new Error(`it did not answer within ${connectTimeoutMs} ms`))
      giveUp.abort()
    })
    try {
      connection = new Connection(await Promise.race([connecting, late.promise]), options)
      await Promise.race([connection.#greet(options), late.promise])
      return connection
    } finally {
      timer.cancel()
    }
  }

  private constructor(wire: Wire, { clock, chroot, lastZxid }: ConnectionOptions) {
    this.#wire = wire
    this.#clock = clock
    this.#chroot = chroot
    this.lastZxid = lastZxid
    this.#hello.promise.catch(() => {}) // who waits for it hears
    this.#reader = new FrameReader({
      sink: {
        admit: () => true,
        extend: () => true,
        frame: ({ bytes }) => this.#frame(bytes),
        refuse: (why) => this.#lose(why),
      },
      memory: new FrameMemory(new BufferPool(NO_REUSE)),
      landing: new Uint8Array(LANDING),
      maxFrameBytes: () => MAX_FRAME_BYTES,
    })
    wire.onClose((why) => this.#lose(why?.message ?? 'the server closed it'))
    wire.onData(this.#reader)
  }

  get remote(): Address {
    return this.#wire.remote
  }

  /** As the server granted it. */
  get session(): SessionKey {
    return this.#session!
  }

  /** Who is told of what happens; nothing happens before. */
  follow(events: ConnectionEvents): void {
    this.#events = events
    if (this.#over !== null) events.closed(this.#over)
    else this.#watchSilence()
  }

  async #greet({ session, lastZxid }: ConnectionOptions): Promise<void> {
    const to = new ByteWriter()
    to.int32(PROTOCOL_VERSION)
    to.exactInt64(lastZxid)
    to.int32(session.timeoutMs)
    to.exactInt64(session.id)
    writeBuffer(to, session.password)
    to.bool(false) // a server that has lost its ensemble shall not serve us
    this.#lastSentAt = this.#clock.monotonic()
    void this.#send(to.chunks())
    this.#session = await this.#hello.promise
  }

  /**
   * Asks. `granted` runs in the turn of the answer, where a watch was asked for and is set. Rejects with what the server says, with ConnectionLoss where no answer came, and
   * with MarshallingError, nothing being sent, for what no server takes.
   */
  ask<T>(operation: Operation<T>, granted?: () => void): Promise<T> {
    const answer = deferred<T>()
    const lost = this.#over
    if (lost !== null) {
      answer.reject(new ZooKeeperError('ConnectionLoss', lost))
      return answer.promise
    }
    const xid = this.#nextXid
    const to = new ByteWriter()
    to.int32(xid)
    to.int32(operation.opCode)
    operation.write(to, this.#chroot, granted !== undefined)
    const sizeInBytes = to.size
    if (sizeInBytes > MAX_REQUEST_BYTES) {
      const why = `${operation.path}: a request of ${sizeInBytes} bytes; ZooKeeper takes ${MAX_REQUEST_BYTES}`
      answer.reject(new ZooKeeperError('MarshallingError', why))
      return answer.promise
    }
    if (this.#waiting.length >= MAX_WAITING || this.#waitingBytes + sizeInBytes > MAX_WAITING_BYTES) {
      answer.reject(new ZooKeeperError('ThrottledOp', `${this.#waiting.length} questions wait for their answers already`))
      return answer.promise
    }
    this.#nextXid = xid === 0x7fff_ffff ? 1 : xid + 1
    const sentAt = this.#clock.monotonic()
    this.#waitingBytes += sizeInBytes
    this.#waiting.push({
      xid,
      sentAt,
      sizeInBytes,
      answered: (error, from) => settle(answer, operation, error, from, this.#chroot, granted),
      fail: (why) => answer.reject(why),
    })
    this.#lastSentAt = sentAt
    void this.#send(to.chunks())
    return answer.promise
  }

  async #send(chunks: readonly Uint8Array[]): Promise<void> {
    try {
      await this.#wire.send(framed(chunks))
    } catch (thrown) {
      this.#lose((thrown as Error).message)
    }
  }

  /** Ends it; what waits for an answer fails. */
  close(why = 'it was closed here'): void {
    this.#lose(why)
  }

  /**
   * A sixth of the session's time without a question asks for a sign of life; what is not answered within a third of it is not waited for, so that another
   * server can be found before the session's end is possible.
   */
  #watchSilence(): void {
    const { timeoutMs } = this.session
    const now = this.#clock.monotonic()
    const oldest = Math.min(this.#waiting[0]?.sentAt ?? Infinity, this.#pingSentAt ?? Infinity)
    if (now - oldest >= timeoutMs / 3) return this.#lose(`no answer within ${Math.round(timeoutMs / 3)} ms`)
    if (now - this.#lastSentAt >= timeoutMs / 6 && this.#pingSentAt === null) this.#ping(now)
    this.#timer = this.#clock.after(timeoutMs / 18, () => this.#watchSilence())
  }

  #ping(now: number): void {
    const to = new ByteWriter()
    to.int32(PING_XID)
    to.int32(opCodes.ping)
    this.#pingSentAt = this.#lastSentAt = now
    void this.#send(to.chunks())
  }

  #frame(bytes: Uint8Array): void {
    if (this.#over !== null) return
    try {
      const from = new ByteReader(bytes)
      if (this.#session === null) this.#greeted(from)
      else this.#answered(from)
    } catch (thrown) {
      this.#lose(`it sent what is no answer: ${(thrown as Error).message}`)
    }
  }

  #greeted(from: ByteReader): void {
    from.skip(4) // the protocol's version
    const timeoutMs = from.int32()
    const id = from.exactInt64()
    const password = Uint8Array.from(readBuffer(from) ?? new Uint8Array(PASSWORD_SIZE))
    if (timeoutMs <= 0) {
      this.#hello.reject(new SessionRefused('the session is over'))
      return this.#lose('the session is over')
    }
    // Set here and not by who waits: the next frame may be in the same piece of bytes.
    this.#session = { id, password, timeoutMs }
    this.#hello.resolve(this.#session)
  }

  #answered(from: ByteReader): void {
    const xid = from.int32()
    const zxid = from.exactInt64()
    const error = from.int32()
    if (zxid > this.lastZxid) this.lastZxid = zxid
    if (xid === WATCH_XID) return this.#watched(from)
    if (xid === PING_XID) {
      const sentAt = this.#pingSentAt
      this.#pingSentAt = null
      if (sentAt !== null) this.#events?.answered(sentAt)
      return
    }
    const waiting = this.#waiting.shift()
    if (waiting?.xid !== xid) {
      if (waiting) this.#waiting.unshift(waiting)
      return this.#lose(`it answered question ${xid} where ${waiting?.xid ?? 'none'} was next`)
    }
    this.#waitingBytes -= waiting.sizeInBytes
    this.#events?.answered(waiting.sentAt)
    waiting.answered(error, from)
  }

  #watched(from: ByteReader): void {
    const type = eventTypes[from.int32()]
    from.skip(4) // the state of the session
    const path = readText(from).slice(this.#chroot.length) || '/'
    if (type) this.#events?.watch({ type, path })
  }

  #lose(why: string): void {
    if (this.#over !== null) return
    this.#over = why
    this.#timer?.cancel()
    this.#reader.stop()
    this.#wire.close()
    this.#hello.reject(new Error(why))
    for (const { fail } of this.#waiting.splice(0)) fail(new ZooKeeperError('ConnectionLoss', why))
    this.#events?.closed(why)
  }
}

function settle<T>(
  answer: Deferred<T>,
  operation: Operation<T>,
  error: number,
  from: ByteReader,
  chroot: string,
  granted: (() => void) | undefined,
): void {
  const failure =
    error === 0 || (operation.opCode === opCodes.multi && from.left > 0) ? null : ZooKeeperError.ofCode(error, operation.path)
  if (granted && (!failure || (operation.watchesAbsence && failure.error === 'NoNode'))) granted()
  if (failure) return answer.reject(failure)
  try {
    answer.resolve(operation.read(from, chroot))
  } catch (thrown) {
    if (thrown instanceof ZooKeeperError) return answer.reject(thrown)
    answer.reject(new ZooKeeperError('ConnectionLoss', operation.path, { cause: thrown }))
    throw thrown // the connection is of no use any more
  }
}
