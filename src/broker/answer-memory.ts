// A bound on the bytes that answers to Fetch hold, from the read until the operating system has them, over all connections.

import { type Link, LinkedList } from '../base/linked-list.ts'
import type { Clock, Timer } from '../platform/clock.ts'

/** While more than half is in use, an answer gets no more than this: enough to go on, little enough for many. */
const FAIR_SHARE = 1024 * 1024
/** Who waits for memory gets none after so long: the client hears that there is nothing yet, and asks again. */
const MAX_WAIT_MS = 10_000
/** While others wait, an answer must leave in this time, and in this time more for its size: a megabyte a second. */
const LEAVING_MS = 10_000
const BYTES_PER_MS = 1000
const LOOK_MS = 1000

interface Waiting {
  readonly loan: Loan
  readonly wanted: number
  readonly timer: Timer
  readonly resolve: (granted: number) => void
}

export class AnswerMemory {
  readonly #limit: number
  readonly clock: Clock
  #used = 0
  readonly #loans = new LinkedList<Loan>()
  #waiting: Waiting[] = []
  #isLooking = false

  /** @param limit in bytes; one batch per answer may come in beyond it */
  constructor(limit: number, clock: Clock) {
    this.#limit = limit
    this.clock = clock
  }

  get usedBytes(): number {
    return this.#used
  }

  /** For one answer. `giveUp` ends its connection: it is called when the client does not take the answer while others wait. */
  open(giveUp: (why: string) => void): Loan {
    return new Loan(this, giveUp)
  }

  /** What `loan` gets of `wanted` bytes now, 0 where it must wait. Only Loan calls this, and what follows. */
  grant(loan: Loan, wanted: number, isItsTurn = this.#waiting.length === 0): number {
    const free = this.#limit - this.#used
    const fair = this.#used * 2 < this.#limit ? free : FAIR_SHARE - loan.bytes
    const granted = isItsTurn ? Math.max(0, Math.min(wanted, free, fair)) : 0
    this.add(loan, granted)
    return granted
  }

  wait(loan: Loan, wanted: number): Promise<number> {
    return new Promise((resolve) => {
      const waiting: Waiting = { loan, wanted, resolve, timer: this.clock.after(MAX_WAIT_MS, () => this.#leave(waiting)) }
      this.#waiting.push(waiting)
      this.#look()
    })
  }

  #leave(waiting: Waiting): void {
    this.#waiting = this.#waiting.filter((other) => other !== waiting)
    waiting.resolve(0)
  }

  add(loan: Loan, bytes: number): void {
    this.#used += bytes
    loan.bytes += bytes
    if (loan.bytes > 0) loan.link ??= this.#loans.add(loan)
    else loan.noLonger()
    if (bytes >= 0) return
    while (this.#waiting.length > 0 && this.#used < this.#limit) {
      const { loan: next, wanted, timer, resolve } = this.#waiting.shift()!
      timer.cancel()
      resolve(this.grant(next, wanted, true))
    }
  }

  // Somebody waits: those whose clients do not read must make room.
  #look(): void {
    if (this.#isLooking || this.#waiting.length === 0) return
    this.#isLooking = true
    this.clock.after(LOOK_MS, () => {
      this.#isLooking = false
      if (this.#waiting.length > 0) this.#loans.visit((loan) => loan.checkLeaving())
      this.#look()
    })
  }
}

/** What one answer holds. */
export class Loan {
  /** Moved by AnswerMemory alone. */
  bytes = 0
  /** Its place among those that hold something; moved by AnswerMemory alone. */
  link: Link<Loan> | null = null
  readonly #memory: AnswerMemory
  readonly #giveUp: (why: string) => void
  /** Since when the answer is with the connection; null while it is put together. */
  #leavingSince: number | null = null

  constructor(memory: AnswerMemory, giveUp: (why: string) => void) {
    this.#memory = memory
    this.#giveUp = giveUp
  }

  /** Takes up to `wanted` bytes; 0 where there are none. */
  take(wanted: number): number {
    return this.#memory.grant(this, wanted)
  }

  /** As `take`, when its turn has come; 0 where that lasts too long. */
  takeInTurn(wanted: number): Promise<number> {
    return this.#memory.wait(this, wanted)
  }

  /** Of `taken` bytes so many are in use. */
  settle(taken: number, used: number): void {
    this.#memory.add(this, used - taken)
  }

  /** The answer is on its way: from here on it depends on the client. */
  leaves(): void {
    this.#leavingSince = this.#memory.clock.monotonic()
  }

  /** It holds nothing; called by AnswerMemory. */
  noLonger(): void {
    this.link?.remove()
    this.link = null
  }

  /** Everything is given back. */
  close(): void {
    this.#memory.add(this, -this.bytes)
  }

  checkLeaving(): void {
    if (this.#leavingSince === null) return
    const ms = this.#memory.clock.monotonic() - this.#leavingSince
    if (ms < LEAVING_MS + this.bytes / BYTES_PER_MS) return
    this.#giveUp(`it did not read its answer of ${this.bytes} bytes for ${Math.round(ms)} ms, and others wait for the memory`)
  }
}
