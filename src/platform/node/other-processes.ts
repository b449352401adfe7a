// Other processes of this machine, for who has to find one and to signal it.

import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

export interface OtherProcess {
  readonly pid: number
  /** The command and its words. Where the system tells them in one line, blanks in a word part it. */
  readonly words: readonly string[]
  /** Where it was started; null where that is not told. */
  readonly directory: string | null
}

/** All but this one, as far as it may see them. Throws where the system tells nothing. */
export function otherProcesses(): readonly OtherProcess[] {
  const all = ofProc() ?? ofPs()
  return all.filter(({ pid }) => pid !== process.pid)
}

/** Sends a signal (TERM, or SIGTERM). Throws where the process is gone or somebody else's, and where there is no such signal. */
export function signalProcess(pid: number, signal: string): void {
  process.kill(pid, (/^\d+$/.test(signal) ? Number(signal) : `SIG${signal.replace(/^SIG/, '')}`) as NodeJS.Signals)
}

/** Null where there is no /proc. */
function ofProc(): OtherProcess[] | null {
  let names: string[]
  try {
    names = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  } catch {
    return null
  }
  if (names.length === 0) return null
  return names.flatMap((name) => {
    try {
      const words = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0').slice(0, -1)
      return [{ pid: Number(name), words, directory: directoryOf(name) }]
    } catch {
      return [] // It ended while we looked.
    }
  })
}

function directoryOf(pid: string): string | null {
  try {
    return readlinkSync(`/proc/${pid}/cwd`)
  } catch {
    return null // Somebody else's.
  }
}

function ofPs(): OtherProcess[] {
  const lines = execFileSync('ps', ['ax', '-o', 'pid=,command='], { encoding: 'utf8' }).split('\n')
  return lines.flatMap((line) => {
    const found = /^\s*(\d+)\s+(\S.*)$/.exec(line)
    return found ? [{ pid: Number(found[1]), words: found[2]!.split(/\s+/), directory: null }] : []
  })
}
