// Those who wait for their answer: first for the commit of what they saw, some then for a later command.

import type { Deferred } from '../base/deferred.ts'
import type { Effect, Reply } from './machine.ts'

/** What is waited for: that the log is committed up to (and without) `offset`. */
export type CommitWait = Pick<Waiting, 'offset' | 'deadline'>

/** What happens when the log is committed up to (and without) `offset`. */
interface Waiting {
  readonly offset: number
  /** Infinity: waits as long as it takes. */
  readonly deadline: number
  run(): void
  fail(why: Error): void
  /** As `fail`, where nothing else than time is over: a refusal keeps its own reason. */
  late(why: Error): void
}

/** One queue for all answers of a machine, so that they leave in the order in which their commands were decided. */
export class ParkedAnswers {
  readonly #queue: Waiting[] = []
  #head = 0
  readonly #later = new Map<string, Deferred<unknown>[]>()

  get size(): number {
    return this.#queue.length - this.#head
  }

  /** How many requests wait for a later command. */
  get parkedKeys(): number {
    return this.#later.size
  }

  /** When the one that waits longest has waited long enough; Infinity where nobody does. */
  get nextDeadline(): number {
    return this.#queue[this.#head]?.deadline ?? Number.POSITIVE_INFINITY
  }

  /** Parks a failed command: its refusal may rest on what is not committed yet. */
  refuse({ offset, deadline }: CommitWait, asker: Deferred<never>, why: unknown): void {
    const refuse = () => asker.reject(why)
    this.#queue.push({ offset, deadline, run: refuse, late: refuse, fail: (instead) => asker.reject(instead) })
  }

  /**
   * Parks a decision until `offset` is committed. Its `answer` effects are bound now to everyone who is parked under their key, its own asker
   * included, so that a request parked by a later command never takes an earlier one's answer.
   */
  park<T>({ offset, deadline }: CommitWait, asker: Deferred<T>, reply: Reply<T>, effects: readonly Effect[]): void {
    if (reply.kind === 'later') this.#parkUnder(reply.key, asker as Deferred<unknown>)
    const answers: { askers: Deferred<unknown>[]; value: unknown }[] = []
    for (const effect of effects) {
      if (effect.kind !== 'answer') continue
      const askers = this.#later.get(effect.key)
      if (!askers) continue
      this.#later.delete(effect.key)
      answers.push({ askers, value: effect.value })
    }
    if (reply.kind === 'later' && answers.length === 0) return
    const fail = (why: Error) => {
      for (const { askers } of answers) for (const other of askers) other.reject(why)
      if (reply.kind === 'now') asker.reject(why)
    }
    this.#queue.push({
      offset,
      deadline,
      run() {
        for (const { askers, value } of answers) for (const other of askers) settle(other, value)
        if (reply.kind === 'now') asker.resolve(reply.value)
      },
      fail,
      late: fail,
    })
  }

  #parkUnder(key: string, asker: Deferred<unknown>): void {
    const askers = this.#later.get(key)
    if (askers) askers.push(asker)
    else this.#later.set(key, [asker])
  }

  /** Gives the answers whose offset is committed, in order. */
  drain(committedOffset: number): void {
    while (this.#head < this.#queue.length && this.#queue[this.#head]!.offset <= committedOffset) {
      const waiting = this.#queue[this.#head++]!
      waiting.run()
    }
    this.#forgetDone()
  }

  #forgetDone(): void {
    if (this.#head === this.#queue.length) {
      this.#queue.length = 0
      this.#head = 0
    } else if (this.#head > 1024) {
      this.#queue.splice(0, this.#head)
      this.#head = 0
    }
  }

  /** Whose deadline is over gets `why`, or the reason that it was refused for. Who was parked first has the smallest offset and the earliest deadline. */
  expire(now: number, why: Error): void {
    while (this.nextDeadline <= now) this.#queue[this.#head++]!.late(why)
    this.#forgetDone()
  }

  /** Everyone who waits gets `why`, in order. */
  failAll(why: Error): void {
    const waiting = this.#queue.splice(0).slice(this.#head)
    this.#head = 0
    for (const one of waiting) one.fail(why)
    const later = [...this.#later.values()]
    this.#later.clear()
    for (const askers of later) for (const asker of askers) asker.reject(why)
  }
}

/** An answer that is an Error is a refusal. */
function settle(asker: Deferred<unknown>, value: unknown): void {
  if (value instanceof Error) asker.reject(value)
  else asker.resolve(value)
}
