// What every campaign of `npm run crash` is: counts with targets, and a share of work until it is told to stop.

import type { Counters } from '../support/counter-file.ts'

export type Kind = 'ours' | 'apache'

export interface Goal {
  /** A count in the campaign's counter file. */
  readonly count: string
  readonly target: number
}

export interface Task {
  readonly counters: Counters
  /** Where the cases have numbers: the first one to try. */
  readonly first: number
  /** How much of the first goal to do now; may be infinite. */
  readonly times: number
  /** Whether to stop before `times`: the share's time is over. */
  isOver(): boolean
  /** Shows how far this share came, now and then. */
  progress(done: number): void
  /** Whose brokers. Of Apache's nothing is counted: they are the neighbour of our figures. */
  readonly kind: Kind
  /** A line that is worth keeping. */
  say(line: string): void
}

export interface Campaign {
  readonly name: string
  readonly about: string
  /** The first one is what `--times` and progress count. */
  readonly goals: readonly Goal[]
  /** So much of the first goal is a share where nobody says how much: all campaigns together take a few minutes. */
  readonly share: number
  /** Also with Apache's brokers (`--apache`). */
  readonly takesApache?: boolean
  /** Does a share, and counts what was done and what failed. Throws `Missing` where this machine lacks something. */
  run(task: Task): Promise<void>
  /** One case again, with all that is known of it, for those whose cases have numbers. */
  repeat?(number: number, say: (line: string) => void): Promise<void>
}

/** What a campaign needs is not here; the message says what to install. */
export class Missing extends Error {
  override readonly name = 'Missing'
}
