// Long computations on the real machine: in Node's pool where a call of Node's does it, else in a worker thread that is made when it is needed.

import type { Offload } from '../offload.ts'
import { LibraryThread } from './library-thread.ts'

export function nodeOffload(): Offload {
  const thread = new LibraryThread()
  return { run: (work) => work.elsewhere(thread), rest: () => thread.rest() }
}
