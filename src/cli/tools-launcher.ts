// What bin/kafka-*.cjs start: the program in tools.cjs, from its compiled form where that was kept (docs/decisions/0013-compiled-once.md).

import { loadProgram } from '../platform/node/code-cache.ts'

/** Runs the command of this name; resolves when it is done. */
export async function main(name: string, words: readonly string[]): Promise<void> {
  const program = loadProgram<typeof import('./tools.ts')>(new URL('tools.cjs', import.meta.url))
  await program.exports.main(name, words)
  await program.keep()
}
