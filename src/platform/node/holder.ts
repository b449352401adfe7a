// One life of one process. Process ids are used again, by another process of the machine and after a restart of a container, but never with
// the same start time; and ids of another container mean nothing here.

import { readFileSync, readlinkSync } from 'node:fs'

export interface Holder {
  /** Which start of the machine. */
  readonly boot: string
  /** Which container (process id namespace); '0' where there is no such thing. */
  readonly space: string
  readonly pid: number
  /** Clock ticks since the machine started; '0' where that cannot be known. */
  readonly startedAt: string
}

export function self(): Holder {
  return { boot: bootId(), space: pidSpace(), pid: process.pid, startedAt: startTime(process.pid) ?? '0' }
}

export function formatHolder({ boot, space, pid, startedAt }: Holder): string {
  return `${boot}-${space}-${pid}-${startedAt}`
}

export function parseHolder(text: string): Holder | null {
  const match = /^([0-9a-z]+)-(\d+)-(\d+)-(\d+)$/.exec(text)
  return match && { boot: match[1]!, space: match[2]!, pid: Number(match[3]), startedAt: match[4]! }
}

/** Whether that life goes on. 'unknown': it is another container's, whose processes cannot be seen from here. */
export function lives({ boot, space, pid, startedAt }: Holder): boolean | 'unknown' {
  if (boot !== bootId()) return false
  if (space !== pidSpace()) return 'unknown'
  if (startedAt !== '0') return startTime(pid) === startedAt
  try {
    process.kill(pid, 0) // without /proc (macOS) nothing tells two lives of one id apart
    return true
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** A text of the kernel's; null where it has none. */
export function readProc(path: string): string | null {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return null // not Linux, or the process is gone
  }
}

function bootId(): string {
  return readProc('/proc/sys/kernel/random/boot_id')?.trim().replaceAll('-', '').slice(0, 12) ?? 'unknown'
}

function pidSpace(): string {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0'
  } catch {
    return '0' // not Linux
  }
}

/** Null when there is no such process (or it is a zombie), or no /proc. */
function startTime(pid: number): string | null {
  const stat = readProc(`/proc/${pid}/stat`)
  if (!stat) return null
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ') // the name before may hold anything
  const [state] = fields
  return state === 'Z' || state === 'X' ? null : (fields[19] ?? null)
}
