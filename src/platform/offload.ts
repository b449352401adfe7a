// Where long computations go. Simulated machines have one thread, so that a seed decides everything.

import type { Work } from '../base/work.ts'

export interface Offload {
  /** Does it without holding up the event loop, where the machine can. Whoever asks bounds how much is asked for at a time. */
  run<T>(work: Work<T>): Promise<T>
  /** Lets go of threads; the next work gets new ones. What is under way fails. */
  rest(): Promise<void>
}

/** For machines without threads: all of it in a turn of the event loop. */
export const inlineOffload: Offload = {
  run: async (work) => work.here(),
  rest: async () => {},
}
