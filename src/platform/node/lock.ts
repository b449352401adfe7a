// The lock of a log directory. Node's core has no file lock, so the living holder is found in two ways:
// - of our own kind by its record: a file beside the lock file whose name says which process made it. A name is unique to one life of one
//   process, so removing the record of a dead holder can never hit a living one; and everyone makes a record before looking at others', so of
//   two who start together at least one sees the other.
// - Apache Kafka's by the POSIX lock that a JVM holds on the lock file, which the kernel lists in /proc/locks.

import { readFileSync } from 'node:fs'
import * as fs from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { DiskError, type Lock } from '../disk.ts'

/** One life of one process: ids are used again after a restart of the machine or of a container, but not with the same start time. */
interface Holder {
  readonly boot: string
  readonly pid: number
  readonly startedAt: string
}

/** Takes the lock at `path` (made if missing, and left there, as Apache Kafka does), or throws a DiskError with code ELOCKED. */
export async function lockFile(path: string): Promise<Lock> {
  const handle = await fs.open(path, 'a+')
  try {
    const { dev, ino } = await handle.stat()
    const record = await leaveRecord(path)
    try {
      await refuseOthers(path, record)
      refusePosixLocks(path, dev, ino)
    } catch (thrown) {
      await fs.rm(record, { force: true })
      throw thrown
    }
    return { release: () => fs.rm(record, { force: true }) }
  } finally {
    await handle.close()
  }
}

async function leaveRecord(path: string): Promise<string> {
  const record = recordPath(path, self())
  try {
    await (await fs.open(record, 'wx', 0o644)).close()
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'EEXIST')
      throw locked(path, 'by this process itself: a directory serves one broker')
    throw thrown
  }
  return record
}

async function refuseOthers(path: string, own: string): Promise<void> {
  const dir = dirname(path)
  for (const name of await fs.readdir(dir)) {
    const record = join(dir, name)
    const holder = parseRecord(path, name)
    if (!holder || record === own) continue
    if (isAlive(holder)) throw locked(path, `by process ${holder.pid}: stop it, or give this one other log.dirs`)
    await fs.rm(record, { force: true })
  }
}

function recordPath(path: string, { boot, pid, startedAt }: Holder): string {
  return `${path}.held-${boot}-${pid}-${startedAt}`
}

function parseRecord(path: string, name: string): Holder | null {
  const prefix = `${basename(path)}.held-`
  const match = name.startsWith(prefix) ? /^([0-9a-z]+)-(\d+)-(\d+)$/.exec(name.slice(prefix.length)) : null
  return match && { boot: match[1]!, pid: Number(match[2]), startedAt: match[3]! }
}

function self(): Holder {
  return { boot: bootId(), pid: process.pid, startedAt: startTime(process.pid) ?? '0' }
}

function isAlive({ boot, pid, startedAt }: Holder): boolean {
  if (boot !== bootId()) return false
  if (startedAt !== '0') return startTime(pid) === startedAt
  try {
    process.kill(pid, 0) // without /proc (macOS) nothing tells two lives of one id apart
    return true
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function bootId(): string {
  return readProc('/proc/sys/kernel/random/boot_id')?.trim().replaceAll('-', '').slice(0, 12) ?? 'unknown'
}

/** When a process started, in clock ticks since the machine did; null when there is none (or it is a zombie), or no /proc. */
function startTime(pid: number): string | null {
  const stat = readProc(`/proc/${pid}/stat`)
  if (!stat) return null
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ') // the name before may hold anything
  const [state] = fields
  return state === 'Z' || state === 'X' ? null : (fields[19] ?? null)
}

function refusePosixLocks(path: string, dev: number, ino: number): void {
  for (const line of readProc('/proc/locks')?.split('\n') ?? []) {
    // 1: POSIX  ADVISORY  WRITE 4711 08:01:131090 0 EOF
    const match = /^\d+: POSIX\s+\S+\s+\S+\s+(\d+)\s+([0-9a-f]+):([0-9a-f]+):(\d+) /.exec(line)
    if (!match || Number(match[4]) !== ino) continue
    if (deviceNumber(parseInt(match[2]!, 16), parseInt(match[3]!, 16)) !== dev) continue
    throw locked(
      path,
      `by process ${match[1]} with a file lock, as Apache Kafka takes one: stop it, or give this one other log.dirs`,
    )
  }
}

/** The device number as stat() gives it for a major and a minor. */
function deviceNumber(major: number, minor: number): number {
  return (minor & 0xff) + (major & 0xfff) * 0x100 + Math.floor(minor / 0x100) * 0x10_0000
}

function readProc(path: string): string | null {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return null // not Linux, or the process is gone
  }
}

function locked(path: string, byWhom: string): DiskError {
  return new DiskError(path, 'ELOCKED', `${dirname(path)} is in use ${byWhom}`)
}
