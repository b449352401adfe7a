// Work that can be laid down and taken up again, so that much of it does not hold up everybody else.

import type { Work } from '../../base/work.ts'

/** Yields the bytes it has dealt with since the last time. */
export type Steps<T> = Generator<number, T, undefined>

/** Resolves after everybody else who is ready had a turn. */
export type Pause = () => Promise<void>

/** The two ways to do much without holding up the event loop. */
export interface Aside {
  readonly pause: Pause
  /** Does it in another thread, where there are some. */
  readonly run: <T>(work: Work<T>) => Promise<T>
}

/** So many bytes are dealt with between two pauses: a few milliseconds. */
const TURN_BYTES = 2 * 1024 * 1024

/** All of it now. */
export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
  }
}

/** All of it, with a pause wherever it has gone on for long. */
export async function inTurns<T>(steps: Steps<T>, pause: Pause): Promise<T> {
  const turns = new Turns(pause)
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
    if (turns.isOver(step.value)) await pause()
  }
}

/** Counts what was dealt with since the last pause. */
export class Turns {
  readonly #pause: Pause
  #bytes = 0

  constructor(pause: Pause) {
    this.#pause = pause
  }

  /** Whether it is time for a pause, after so many bytes more. */
  isOver(bytes: number): boolean {
    this.#bytes += bytes
    if (this.#bytes < TURN_BYTES) return false
    this.#bytes = 0
    return true
  }

  async after(bytes: number): Promise<void> {
    if (this.isOver(bytes)) await this.#pause()
  }
}

/** The parts as one, which for many megabytes takes long, too. */
export function* joinSteps(parts: readonly Uint8Array[], size: number): Steps<Uint8Array> {
  if (parts.length === 1) return parts[0]!
  const joined = Buffer.allocUnsafe(size)
  let at = 0
  for (const part of parts) {
    for (let from = 0; from < part.length; from += TURN_BYTES) {
      const piece = part.subarray(from, from + TURN_BYTES)
      joined.set(piece, at)
      at += piece.length
      yield piece.length
    }
  }
  return joined
}
