// What became of a damaged file.

import type { Facts, Logger } from '../../src/platform/logger.ts'

/** A file that takes longer is one that never ends. */
const LIMIT_MS = 10_000

export interface Verdict {
  /**
   * `rebuilt`: every answer is as if nothing had happened. `told`: what stood in that file alone is missing, and the broker's log names the
   * file. `untellable`: the damaged file is another sound one of its kind. `wrong`: everything else.
   */
  readonly kind: 'rebuilt' | 'refused' | 'told' | 'untellable' | 'wrong'
  /** The file and what was done to it. */
  readonly what: string
  readonly detail: string
}

/** What is in no other file. */
const heldAlone: Readonly<Record<string, RegExp>> = {
  'log-start-offset-checkpoint': /^start offset of /,
  'partition.metadata': /^topicId of /, // the metadata log knows it: a broker writes the file again
}

/** Whether only that is missing which stood in this file alone, and the broker's log names the file. */
export function isTold(path: string, different: readonly string[], lines: readonly string[]): boolean {
  const alone = heldAlone[kindOf(path)]
  return different.every((question) => alone?.test(question)) && lines.some((line) => line.includes(path))
}

/** A logger whose warnings and errors go to `lines`. */
export function keptLines(lines: string[]): Logger {
  const keep = (message: string, facts?: Facts) => void lines.push(`${message} ${JSON.stringify(facts)}`)
  return { debug() {}, info() {}, warn: keep, error: keep }
}

/** A refusal names the file and says what to do about it. */
export function isRefusal(thrown: unknown, path: string): boolean {
  if (!(thrown instanceof Error)) return false
  return (
    thrown.message.includes(path.slice(path.lastIndexOf('/') + 1)) &&
    /restore|remove|choose|put the|migrate|knows version|let Apache/.test(thrown.message)
  )
}

/** Rejects where `work` does not end. */
export async function withinTime<T>(work: Promise<T>): Promise<T> {
  let limit: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    limit = setTimeout(() => reject(new Error(`no end within ${LIMIT_MS} ms`)), LIMIT_MS)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(limit)
  }
}

/** What kind of file it is: its name without offsets. */
export function kindOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1).replace(/^\d+(-\d+)?/, '')
}

/** Some of it, for a message. */
export function brief(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, 200)
}
