// Work that can be laid down and taken up again, so that much of it does not hold up everybody else.

/** Yields the bytes it has dealt with since the last time. */
export type Steps<T> = Generator<number, T, undefined>

/** Resolves after everybody else who is ready had a turn. */
export type Pause = () => Promise<void>

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
  for (let bytes = 0; ; ) {
    const step = steps.next()
    if (step.done) return step.value
    bytes += step.value
    if (bytes < TURN_BYTES) continue
    bytes = 0
    await pause()
  }
}
