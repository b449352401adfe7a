// What bin/odradek.js starts: the program in main.cjs, from its compiled form where that was kept (docs/decisions/0013-compiled-once.md).

import { loadProgram } from '../platform/node/code-cache.ts'

/** Runs the command that `words` name; resolves when it is done, or for `start` when the broker is ready. */
export function main(words: readonly string[]): Promise<void> {
  const program = loadProgram<typeof import('./main.ts')>(new URL('main.cjs', import.meta.url))
  // Not by other commands: what a broker needs would not be in it.
  return program.exports.main(words, { moduleUrl: import.meta.url, onServing: program.keepSoon })
}
