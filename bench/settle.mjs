/** What an earlier run left to be written is written before the next one is measured, or it would pay for it. Linux; elsewhere nothing is known. */
import { existsSync, readFileSync } from 'node:fs'
import { run } from '../test/interop/lib/processes.mjs'

const littleKiB = 200 * 1024

/** Resolves when little waits to be written, or after half a minute. */
export async function settle() {
  if (existsSync('/proc/meminfo') && dirtyKiB() > littleKiB) await run('sync', [], { timeoutMs: 30_000 })
}

function dirtyKiB() {
  const found = readFileSync('/proc/meminfo', 'utf8').matchAll(/^(?:Dirty|Writeback): +(\d+) kB/gm)
  return [...found].reduce((sum, [, kib]) => sum + Number(kib), 0)
}
