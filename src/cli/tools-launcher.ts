// What bin/kafka-*.cjs start: the program in tools.cjs, from its compiled form where that was kept (docs/decisions/0013-compiled-once.md).

import { loadProgram } from '../platform/node/code-cache.ts'

/** Runs the command of this name; resolves when it is done. */
export async function main(name: string, words: readonly string[]): Promise<void> {
  const program = loadProgram<typeof import('./tools.ts')>(new URL('tools.cjs', import.meta.url))
  await program.exports.main(name, words)
  await program.keep()
}

/** The same for those that are part of the broker's program. What it needs to start is kept when it starts. */
export async function nodeMain(name: string, words: readonly string[]): Promise<void> {
  const program = loadProgram<typeof import('./main.ts')>(new URL('main.cjs', import.meta.url))
  await program.exports.nodeCommand(name, words)
}
