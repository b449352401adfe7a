// One accepted connection: requests come in, answers leave in the order of their requests. Consecutive requests that may overlap (Produce)
// are worked on together; every other one waits until the answers before it left. Reading stops while the client owes us too much: requests
// waiting, bytes of them, or answers that it does not read.

import { assert } from '../base/assert.ts'
import type { PooledBytes } from '../base/buffer-pool.ts'
import type { Link } from '../base/linked-list.ts'
import type { Clock, Timer } from '../platform/clock.ts'
import type { Address, Connection, Intake } from '../platform/network.ts'
import type { Slices } from '../platform/slices.ts'
import type { Asker, Budget, RequestBudget } from './budget.ts'
import { FrameReader, type FrameSink } from './frame.ts'
import type { FrameMemory } from './frame-memory.ts'
import type { FramesUnderWay, Incoming } from './frames-under-way.ts'
import { Request } from './request.ts'

/** While memory for requests is short, a frame must come at this pace or make room: so many bytes between two looks, a second apart... */
const LEAST_PROGRESS = 64 * 1024
/** ...and so many looks in a row may see less. */
const PATIENCE = 3

/** A read of this size is part of a large frame; the system may have many of them ready for one turn. */
const LARGE_READ = 64 * 1024

/** Who works on requests. */
export interface RequestSink {
  /** May this request be worked on while those before it are, if they may too? Asked with the frame's bytes; must not keep them. */
  mayOverlap(bytes: Uint8Array): boolean
  /** Answers now or later, exactly once per request. What it throws closes the connection. */
  receive(request: Request): void
  opened?(channel: Channel): void
  /** Runs once per opened channel. */
  closed?(channel: Channel, closing: Closing): void
}

/** How a connection ended. A fault is worth a line in the log: the client, or our own code, did what may not be. */
export interface Closing {
  /** Null when one end just left. */
  readonly why: string | null
  readonly isFault: boolean
}

export interface ChannelLimits {
  /** socket.request.max.bytes */
  readonly maxFrameBytes: number
  /** Requests of one connection that are not answered yet. */
  readonly maxPendingRequests: number
  /** Their bytes; a single larger one passes when it is alone. */
  readonly maxPendingBytes: number
  /** Bytes of answers that the client has not taken; above it, nothing more is read or begun. */
  readonly maxUnsentBytes: number
  /** connections.max.idle.ms: closed after that long without a byte in or out, unless a request is being worked on; negative: never. */
  readonly maxIdleMs: number
  /** A frame that has begun and of which nothing came for so long closes the connection; negative: never. */
  readonly maxStallMs: number
}

/** What all channels of one server share. */
export interface ChannelHouse {
  readonly clock: Clock
  readonly sink: RequestSink
  readonly limits: ChannelLimits
  readonly budget: RequestBudget
  readonly memory: FrameMemory
  readonly underWay: FramesUnderWay
  readonly landing: Uint8Array
  /** What large frames may take of a turn of the event loop, all channels together. */
  readonly slices: Slices
}

export class Channel implements Asker, Incoming {
  /** One number per connection of this server, never used again. */
  readonly id: number
  /** The name of the listener it came in by. */
  readonly listener: string
  readonly #connection: Connection
  readonly #house: ChannelHouse
  readonly #reader: FrameReader
  /** Every request that is not answered in order yet, oldest first. */
  readonly #requests: Request[] = []
  /** How many of them were handed on, from the front. */
  #begun = 0
  #working = 0
  #pendingBytes = 0
  /** What the frame that is coming in has taken of `#budget`: it is no request yet. */
  #incomingBytes = 0
  #budget: Budget | null = null
  /** Null while no frame is under way. */
  #watched: Link<Incoming> | null = null
  #receivedBytes = 0
  /** What they were at the last look, and how many looks in a row saw too little of a frame. */
  #seenBytes = 0
  #slowLooks = 0
  #isBeginning = false
  #isPaused = false
  #isOver = false
  #closing: Closing | null = null
  #activeAt: number
  #idleTimer: Timer | null = null
  #gone: AbortController | null = null

  constructor(id: number, listener: string, connection: Connection, house: ChannelHouse) {
    this.id = id
    this.listener = listener
    this.#connection = connection
    this.#house = house
    this.#activeAt = house.clock.monotonic()
    const sink: FrameSink = {
      admit: (size, part) => this.#admit(size, part),
      extend: (more) => this.#extend(more),
      frame: (frame) => this.#receive(frame),
      refuse: (why) => this.close(why),
    }
    const { memory, landing, limits } = house
    this.#reader = new FrameReader({ sink, memory, landing, maxFrameBytes: () => limits.maxFrameBytes })
  }

  get remote(): Address {
    return this.#connection.remote
  }

  get local(): Address {
    return this.#connection.local
  }

  /** Aborted when the connection is over; who waits on behalf of the client should stop. */
  get gone(): AbortSignal {
    this.#gone ??= new AbortController()
    if (this.#isOver) this.#gone.abort()
    return this.#gone.signal
  }

  /** Starts reading; `early` came before. */
  open(early?: Uint8Array): void {
    this.#connection.onClose((why) => this.#over(why))
    this.#house.sink.opened?.(this)
    this.#watchIdleness(this.#house.limits.maxIdleMs)
    const intake: Intake = {
      buffer: () => this.#reader.buffer(),
      received: (length) => {
        if (this.#isOver) return
        this.#activeAt = this.#house.clock.monotonic()
        this.#receivedBytes += length
        this.#reader.received(length)
        if (this.#reader.isUnderWay !== (this.#watched !== null)) this.#watchFrame()
        if (length >= LARGE_READ && this.#house.slices.isOver) this.#rest()
      },
    }
    this.#connection.onData(intake)
    for (let at = 0; early && at < early.length; ) {
      const buffer = intake.buffer()
      const length = Math.min(buffer.length, early.length - at)
      buffer.set(early.subarray(at, at + length))
      intake.received(length)
      at += length
    }
  }

  /** Reads nothing more in this turn: others have waited for long enough. */
  #rest(): void {
    if (this.#isPaused || this.#isOver) return
    this.#connection.pause()
    void this.#house.slices.turn().then(() => {
      if (!this.#isPaused && !this.#isOver) this.#connection.resume()
    })
  }

  /** Closes at once; answers that did not leave are lost. */
  close(why: string | null, isFault = why !== null): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#closing = { why, isFault }
    this.#connection.close()
  }

  #admit(size: number, part: number): boolean {
    const { limits } = this.#house
    const isFull =
      this.#requests.length >= limits.maxPendingRequests ||
      (this.#pendingBytes > 0 && this.#pendingBytes + size > limits.maxPendingBytes) ||
      this.#connection.unsent > limits.maxUnsentBytes
    const budget = this.#house.budget.of(size)
    this.#budget = budget
    if (!isFull && budget.take(part)) return this.#charge(part)
    if (!isFull) budget.wait(this)
    return this.#pause()
  }

  #extend(more: number): boolean {
    const budget = this.#budget!
    if (budget.takeMore(this, more)) return this.#charge(more)
    budget.wait(this)
    return this.#pause()
  }

  #charge(bytes: number): true {
    this.#pendingBytes += bytes
    this.#incomingBytes += bytes
    return true
  }

  #pause(): false {
    this.#isPaused = true
    this.#connection.pause()
    return false
  }

  #receive(frame: PooledBytes): void {
    this.#incomingBytes = 0
    this.#budget!.finished(this)
    const { sink, memory, clock } = this.#house
    const overlaps = sink.mayOverlap(frame.bytes)
    // Those that overlap are released soon; any other may be a long poll.
    this.#requests.push(new Request(this, overlaps ? frame : memory.apart(frame), overlaps, clock.now()))
    this.#begin()
  }

  // ---- a frame under way

  /** Part of a frame is here, and the rest is to come. */
  get isUnderWay(): boolean {
    return this.#reader.isUnderWay
  }

  #watchFrame(): void {
    const { underWay } = this.#house
    this.#slowLooks = 0
    this.#seenBytes = this.#receivedBytes
    this.#watched?.remove()
    this.#watched = !this.#isOver && this.#reader.isUnderWay ? underWay.add(this) : null
  }

  /** Gives up a frame that stalls; while others wait for memory, also one that merely trickles. */
  checkProgress(): void {
    if (this.#isPaused) return // it waits for us
    const { clock, limits } = this.#house
    const stalledMs = clock.monotonic() - this.#activeAt
    if (limits.maxStallMs >= 0 && stalledMs >= limits.maxStallMs)
      return this.close(`a frame stopped half way: nothing came for ${Math.round(stalledMs)} ms`)
    const isSlow = this.#receivedBytes - this.#seenBytes < LEAST_PROGRESS
    this.#seenBytes = this.#receivedBytes
    this.#slowLooks = isSlow && this.#budget!.isShort ? this.#slowLooks + 1 : 0
    if (this.#slowLooks >= PATIENCE)
      this.close('a frame came too slowly while others waited for memory (queued.max.request.bytes)')
  }

  // ---- requests

  /** Hands on what may be worked on now. */
  #begin(): void {
    if (this.#isBeginning) return // an answer from within `receive`: the loop below goes on
    this.#isBeginning = true
    try {
      while (!this.#isOver && this.#mayBegin(this.#requests[this.#begun])) {
        const request = this.#requests[this.#begun++]!
        this.#working++
        this.#house.sink.receive(request)
      }
    } catch (thrown) {
      this.close(`a request could not be handed on: ${thrown instanceof Error ? thrown.stack : thrown}`)
    } finally {
      this.#isBeginning = false
    }
  }

  #mayBegin(next: Request | undefined): boolean {
    if (!next || this.#connection.unsent > this.#house.limits.maxUnsentBytes) return false
    // Those begun overlap with each other, or there is only one; so the last one speaks for all.
    return this.#begun === 0 || (next.overlaps && this.#requests[this.#begun - 1]!.overlaps)
  }

  /** A request's memory is free again; called by Request, once. */
  freed(bytes: number): void {
    this.#pendingBytes -= bytes
    this.#house.budget.of(bytes).give(bytes)
    this.#goOn()
  }

  /** A request has its answer; called by Request, once. Sends what is complete from the front. */
  answered(): void {
    this.#working--
    assert(this.#working >= 0, 'a request was answered before it was received')
    while (this.#requests[0]?.isAnswered) {
      const request = this.#requests.shift()!
      this.#begun--
      this.#send(request)
    }
    this.#begin()
    this.#goOn()
  }

  #send(request: Request): void {
    const { chunks } = request
    if (chunks === null || this.#isOver) return request.left()
    const done = () => {
      this.#activeAt = this.#house.clock.monotonic()
      request.left()
      if (this.#isOver) return
      this.#begin()
      this.#goOn()
    }
    this.#connection.send(chunks).then(done, () => request.left()) // that it is gone is told by onClose
  }

  /** There is room in the budget again. */
  retry(): void {
    this.#goOn()
  }

  /** Reads again, if there is room. */
  #goOn(): void {
    if (!this.#isPaused || this.#isOver) return
    this.#isPaused = false
    this.#activeAt = this.#house.clock.monotonic() // that nothing came was our doing
    this.#reader.resume()
    if (this.#reader.isUnderWay !== (this.#watched !== null)) this.#watchFrame()
    if (!this.#reader.isBlocked && !this.#isOver) this.#connection.resume()
  }

  #watchIdleness(afterMs: number): void {
    const { clock, limits } = this.#house
    if (limits.maxIdleMs < 0) return
    this.#idleTimer = clock.after(afterMs, () => {
      const idleMs = clock.monotonic() - this.#activeAt
      if (this.#working > 0) this.#watchIdleness(limits.maxIdleMs)
      else if (idleMs < limits.maxIdleMs) this.#watchIdleness(limits.maxIdleMs - idleMs)
      else this.close(`idle for ${Math.round(idleMs)} ms (connections.max.idle.ms)`, false)
    })
  }

  #over(why: Error | undefined): void {
    this.#isOver = true
    this.#idleTimer?.cancel()
    this.#reader.stop()
    this.#leaveBudget()
    // Those begun will be answered by whoever works on them; nobody will hear it.
    for (const request of this.#requests.splice(this.#begun)) request.release()
    this.#gone?.abort()
    this.#house.sink.closed?.(this, this.#closing ?? { why: why ? `it broke: ${why.message}` : null, isFault: false })
  }

  // What a frame that will never be whole has taken goes back.
  #leaveBudget(): void {
    this.#watched?.remove()
    this.#watched = null
    const budget = this.#budget
    if (!budget) return
    budget.stopWaiting(this)
    const bytes = this.#incomingBytes
    this.#incomingBytes = 0
    this.#pendingBytes -= bytes
    if (bytes > 0) budget.give(bytes)
    budget.finished(this)
  }
}
