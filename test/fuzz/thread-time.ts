// The CPU time of this process's main thread: what its event loop worked itself, whoever else was on the machine or in other threads.

import { openSync, readSync } from 'node:fs'

const text = Buffer.alloc(100)
const file = opened()

function opened(): number | null {
  try {
    return openSync(`/proc/self/task/${process.pid}/schedstat`, 'r')
  } catch {
    return null
  }
}

/** Milliseconds. Where the system does not tell it for a thread, those of the whole process: that is never less. */
export function threadTimeMs(): number {
  if (file !== null) {
    const size = readSync(file, text, 0, text.length, 0)
    const nanoseconds = Number(text.toString('latin1', 0, size).split(' ')[0])
    if (nanoseconds > 0) return nanoseconds / 1e6
  }
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
