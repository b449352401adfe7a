// A connection between two processes and its two ends.

import { type Deferred, deferred } from '../../base/deferred.ts'
import type { Address, Connection, Intake } from '../network.ts'
import type { SimNetwork } from './network.ts'
import type { SimProcess } from './process.ts'

/** What the system takes from a sender before the receiver took any of it. */
const WINDOW = 1 << 20

export interface Place {
  readonly process: SimProcess
  readonly address: Address
}

export class Link {
  readonly network: SimNetwork
  readonly client: SimConnection
  readonly server: SimConnection
  /** Nothing arrives any more, and nobody is told. */
  isSilent = false
  /** What is on its way stays there, and nobody is told, while other connections go on; see `letGo`. */
  isHeld = false

  constructor(network: SimNetwork, from: Place, to: Place) {
    this.network = network
    this.client = new SimConnection(this, from, to.address)
    this.server = new SimConnection(this, to, from.address)
  }

  get name(): string {
    return `${this.client.local.host}:${this.client.local.port}`
  }

  other(end: SimConnection): SimConnection {
    return end === this.client ? this.server : this.client
  }

  /** Breaks both ways, each at some byte of what is on its way. */
  reset(): void {
    this.client.breakSoon()
    this.server.breakSoon()
  }

  lost(process: SimProcess, withMachine: boolean): void {
    for (const end of [this.client, this.server]) if (end.process === process) end.lost(withMachine)
  }

  /** The machines reach each other again. */
  mend(): void {
    this.client.mend()
    this.server.mend()
  }

  /** What was held on its way arrives a little later, also where one end has given up waiting. */
  letGo(): void {
    this.isHeld = false
    this.mend()
  }

  over(): void {
    if (this.client.isOver && this.server.isOver) this.network.forget(this)
  }
}

interface Sending {
  readonly chunks: readonly Uint8Array[]
  readonly size: number
  taken: number
  readonly done: Deferred<void>
}

export class SimConnection implements Connection {
  readonly process: SimProcess
  readonly local: Address
  readonly remote: Address
  readonly #link: Link
  readonly #onClose: ((why?: Error) => void)[] = []
  #intake: Intake | null = null
  #isPaused = true
  #isDraining = false
  #arrived: Uint8Array[] = []
  #isFinished = false
  #outgoing: Sending[] = []
  #unsent = 0
  #willPump = false
  /** Bytes taken from here that the other end's intake has not got. */
  #underWay = 0
  /** Nothing overtakes on one connection. */
  #lastArrival = 0
  /** What came to a cut between the machines, in its order. */
  #held: (() => void)[] = []
  /** What came while the process stood still. */
  #unheeded: (() => void)[] = []
  /** After that many more bytes it breaks. */
  #breakAfter = Infinity
  #why: Error | undefined
  isOver = false

  constructor(link: Link, { process, address }: Place, remote: Address) {
    this.#link = link
    this.process = process
    this.local = address
    this.remote = remote
  }

  get unsent(): number {
    return this.#unsent
  }

  get #network(): SimNetwork {
    return this.#link.network
  }

  get #other(): SimConnection {
    return this.#link.other(this)
  }

  send(chunks: readonly Uint8Array[]): Promise<void> {
    const done = deferred<void>()
    done.promise.catch(() => {}) // who does not wait is told by onClose
    if (this.isOver) done.reject(this.#gone())
    else {
      const size = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
      this.#outgoing.push({ chunks, size, taken: 0, done })
      this.#unsent += size
      this.#pumpSoon()
    }
    return done.promise
  }

  #pumpSoon(): void {
    if (this.#willPump) return
    this.#willPump = true
    const pump = () => {
      this.#willPump = false
      this.#pump()
    }
    this.#network.events.after(0, `net send ${this.#link.name}`, pump, this.process)
  }

  /** What the system takes now goes on its way. It is copied only here: who sends must leave the bytes alone until then. */
  #pump(): void {
    if (this.isOver) return
    const pieces: Uint8Array[] = []
    for (let first = this.#outgoing[0]; first && (this.#underWay < WINDOW || first.size === 0); first = this.#outgoing[0]) {
      const all = first.chunks.length === 1 ? first.chunks[0]! : Buffer.concat(first.chunks)
      const piece = all.subarray(first.taken, first.taken + WINDOW - this.#underWay)
      pieces.push(piece)
      first.taken += piece.length
      this.#underWay += piece.length
      this.#unsent -= piece.length
      if (first.taken < first.size) break
      this.#outgoing.shift()
      first.done.resolve()
    }
    if (pieces.length > 0) this.#wire(Buffer.concat(pieces))
  }

  #wire(bytes: Uint8Array): void {
    const { random, weather } = this.#network
    if (this === this.#link.client) this.#network.onSend?.(this.#link, bytes)
    for (let at = 0; at < bytes.length; ) {
      const isSplit = random.chance(weather.splitShare)
      const piece = bytes.subarray(at, isSplit ? at + 1 + random.below(bytes.length - at) : bytes.length)
      at += piece.length
      this.#deliver(`${piece.length} B`, () => this.#other.#arrive(piece))
    }
  }

  #deliver(what: string, run: () => void): void {
    const { events } = this.#network
    const at = Math.max(this.#lastArrival, events.now + this.#network.delay())
    this.#lastArrival = at
    const arrow = this === this.#link.client ? '>' : '<'
    events.after(at - events.now, `net ${this.#link.name} ${arrow} ${what}`, () => {
      if (this.#held.length > 0 || this.#isCut) this.#held.push(run)
      else if (!this.#link.isSilent) this.#other.#heed(run)
    })
  }

  get #isCut(): boolean {
    return this.#link.isHeld || this.#network.isCut(this.process.machine.name, this.#other.process.machine.name)
  }

  /** What was held back goes on, unless there is another cut by then. */
  mend(): void {
    if (this.#held.length === 0) return
    this.#network.events.after(this.#network.delay(), `net ${this.#link.name} goes on`, () => {
      if (this.#isCut) return
      for (const run of this.#held.splice(0)) if (!this.#link.isSilent) this.#other.#heed(run)
    })
  }

  /** A process that stands still sees what came when it goes on, in its order. */
  #heed(run: () => void): void {
    if (this.#unheeded.length === 0 && !this.#standsStill) return run()
    this.#unheeded.push(run)
    if (this.#unheeded.length === 1) this.#waitForProcess()
  }

  get #standsStill(): boolean {
    return this.process.isAlive && this.process.pausedUntil > this.#network.events.now
  }

  #waitForProcess(): void {
    const { events } = this.#network
    events.after(this.process.pausedUntil - events.now, 'net waits', () => {
      if (this.#standsStill) return this.#waitForProcess()
      for (const run of this.#unheeded.splice(0)) run()
    })
  }

  #arrive(piece: Uint8Array): void {
    if (this.isOver) {
      if (this.process.machine.isUp) this.#deliver('reset', () => this.#other.#break('ECONNRESET'))
      return
    }
    const kept = piece.subarray(0, Math.min(piece.length, this.#breakAfter))
    this.#breakAfter -= kept.length
    if (kept.length > 0) this.#arrived.push(kept)
    this.#drain()
    if (this.#breakAfter <= 0) this.#break('ECONNRESET')
  }

  #drain(): void {
    if (this.#isDraining) return // an intake resumed inside `received`
    this.#isDraining = true
    try {
      while (this.#arrived.length > 0 && this.#intake && !this.#isPaused && !this.isOver) this.#pour(this.#intake)
    } catch (thrown) {
      this.#why ??= thrown instanceof Error ? thrown : new Error(String(thrown))
      this.close()
    } finally {
      this.#isDraining = false
    }
    if (this.#isFinished && this.#arrived.length === 0) this.#end()
  }

  #pour(intake: Intake): void {
    const [first] = this.#arrived
    const buffer = intake.buffer()
    const length = Math.min(buffer.length, first!.length)
    buffer.set(first!.subarray(0, length))
    if (length === first!.length) this.#arrived.shift()
    else this.#arrived[0] = first!.subarray(length)
    this.#other.#taken(length)
    intake.received(length)
  }

  #taken(length: number): void {
    this.#underWay -= length
    if (this.#outgoing.length > 0 && !this.isOver) this.#pumpSoon()
  }

  onData(intake: Intake): void {
    this.#intake = intake
    this.resume()
  }

  onClose(run: (why?: Error) => void): void {
    if (this.isOver) this.#network.events.after(0, 'net over', () => run(this.#why), this.process)
    else this.#onClose.push(run)
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    if (this.isOver || !this.#isPaused) return
    this.#isPaused = false
    this.#network.events.after(0, `net resume ${this.#link.name}`, () => this.#drain(), this.process)
  }

  close(): void {
    if (this.isOver) return
    this.#pump()
    // A system that throws away what came in says so to the sender.
    if (this.#arrived.length > 0) this.#deliver('reset', () => this.#other.#break('ECONNRESET'))
    else this.#deliver('end', () => this.#other.#finish())
    this.#end()
  }

  breakSoon(): void {
    const { events, random } = this.#network
    this.#breakAfter = random.below(this.#other.#underWay + 1)
    const late = Math.max(this.#other.#lastArrival - events.now, this.#network.delay())
    events.after(late, `net ${this.#link.name} breaks`, () => this.#break('ECONNRESET'))
  }

  lost(withMachine: boolean): void {
    if (this.isOver) return
    if (!withMachine) this.#deliver('reset', () => this.#other.#break('ECONNRESET'))
    this.isOver = true
    this.#link.over()
  }

  #finish(): void {
    this.#isFinished = true
    this.#drain()
  }

  #break(code: string): void {
    if (this.isOver) return
    this.#why ??= new Error(`the connection broke: ${code}`)
    this.#arrived = []
    this.#end()
  }

  #end(): void {
    if (this.isOver) return
    this.isOver = true
    this.#link.over()
    for (const { done } of this.#outgoing.splice(0)) done.reject(this.#gone())
    this.#network.events.after(
      0,
      `net closed ${this.#link.name}`,
      () => {
        for (const run of this.#onClose.splice(0)) run(this.#why)
      },
      this.process,
    )
  }

  #gone(): Error {
    return new Error(`the connection with ${this.remote.host}:${this.remote.port} is closed`, this.#why && { cause: this.#why })
  }
}
