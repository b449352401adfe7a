/** Both kinds of commands, run with the same words. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { projectDir } from '../lib/brokers.mjs'
import { run } from '../lib/processes.mjs'
import { wordsOf } from './lines/line.mjs'

const build = process.env.ODRADEK_BUILD || projectDir
const binOf = (tool) => join(build, 'bin', `${tool}.cjs`)

export const isOurs = (tool) => existsSync(binOf(tool))

/** The words of a line, for a broker, the judge's folder, and the folder of the one who runs it. */
export function wordsFor({ words }, { bootstrap }, dir, own) {
  return wordsOf(
    words
      .replaceAll('$B', `--bootstrap-server ${bootstrap}`)
      .replaceAll('$A', bootstrap)
      .replaceAll('$D', dir)
      .replaceAll('$S', own),
  )
}

/** Resolves with { code, stdout, stderr }. */
export function runOurs({ tool, input }, words) {
  return run(process.execPath, [binOf(tool), ...words], { input, timeoutMs: 60_000 })
}

export function runApaches(runner, { tool, input }, words) {
  return runner.run(tool, words, { input, timeoutMs: 60_000 })
}
