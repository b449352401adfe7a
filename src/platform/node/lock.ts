// The lock of a log directory. Node's core has no file lock, so the living holder is found in two ways:
// - of our own kind by its record: a file beside the lock file whose name says which process made it. A name is unique to one life of one
//   process, so removing the record of a dead holder can never hit a living one; and everyone makes a record before looking at others', so of
//   two who start together at least one sees the other. The name has the directory's inode too, so that a copy of a directory in use is free.
//   The processes of another container cannot be seen, so a holder touches its record
//   every two seconds, and one that does not change is dead.
// - Apache Kafka's by the POSIX lock that a JVM holds on the lock file, which the kernel lists in /proc/locks.

import { readdirSync, readlinkSync, type Stats } from 'node:fs'
import * as fs from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { DiskError, type Lock } from '../disk.ts'
import { formatHolder, type Holder, lives, parseHolder, readProc, self } from './holder.ts'

const BEAT_MS = 2000
const DEAD_AFTER_MS = 3 * BEAT_MS

/** Takes the lock at `path` (made if missing, and left there, as Apache Kafka does), or throws a DiskError with code ELOCKED. */
export async function lockFile(path: string): Promise<Lock> {
  const isNew = await make(path)
  const handle = await fs.open(path, 'a+')
  try {
    const prefix = `${path}.held-${(await fs.stat(dirname(path))).ino}-`
    const record = await leaveRecord(path, prefix)
    try {
      await refuseOthers(path, prefix, record)
      // The kernel stops all work on locks to list them, which takes 15 ms; nobody has locked a file that is not older than this call.
      if (!isNew) refusePosixLocks(path, await handle.stat())
    } catch (thrown) {
      await fs.rm(record, { force: true })
      throw thrown
    }
    return keep(record)
  } finally {
    await handle.close()
  }
}

/** Whether the file was not there yet. */
async function make(path: string): Promise<boolean> {
  try {
    await (await fs.open(path, 'ax')).close()
    return true
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw thrown
  }
}

function keep(record: string): Lock {
  const touch = () => {
    const now = new Date()
    fs.utimes(record, now, now).catch(() => {}) // a directory that is gone or broken is noticed by its log, not here
  }
  const beat = setInterval(touch, BEAT_MS).unref()
  return {
    release: () => {
      clearInterval(beat)
      return fs.rm(record, { force: true })
    },
  }
}

async function leaveRecord(path: string, prefix: string): Promise<string> {
  const record = prefix + formatHolder(self())
  try {
    await (await fs.open(record, 'wx', 0o644)).close()
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'EEXIST')
      throw locked(path, 'by this process itself: a directory serves one broker')
    throw thrown
  }
  return record
}

/** Compares names, not paths: one directory has many of them (./data, data). */
async function refuseOthers(path: string, prefix: string, own: string): Promise<void> {
  const dir = dirname(path)
  const ours = basename(prefix)
  for (const name of await fs.readdir(dir)) {
    if (!name.startsWith(`${basename(path)}.held-`) || name === basename(own)) continue
    const record = join(dir, name)
    const holder = name.startsWith(ours) ? parseHolder(name.slice(ours.length)) : null
    if (holder) await refuseIfAlive(path, holder, record)
    await fs.rm(record, { force: true })
  }
}

async function refuseIfAlive(path: string, holder: Holder, record: string): Promise<void> {
  const isAlive = lives(holder)
  if (isAlive === false || (isAlive === 'unknown' && !(await beats(record)))) return
  const where = isAlive === 'unknown' ? ' of another container' : ''
  throw locked(path, `by process ${holder.pid}${where}: stop it, or give this one other log.dirs`)
}

/** Whether somebody still touches that record. Answers at once for one that was left long ago, else after at most six seconds. */
async function beats(record: string): Promise<boolean> {
  const first = await touchedAt(record)
  for (;;) {
    const last = await touchedAt(record)
    if (last !== first) return last !== null
    if (last === null || Math.abs(Date.now() - last) > DEAD_AFTER_MS) return false
    await sleep(BEAT_MS / 10)
  }
}

async function touchedAt(record: string): Promise<number | null> {
  try {
    return (await fs.stat(record)).mtimeMs
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw thrown
  }
}

function refusePosixLocks(path: string, { dev, ino }: Stats): void {
  for (const line of readProc('/proc/locks')?.split('\n') ?? []) {
    // 1: POSIX  ADVISORY  WRITE 4711 08:01:131090 0 EOF
    const match = /^\d+: POSIX\s+\S+\s+\S+\s+(\d+)\s+([0-9a-f]+):([0-9a-f]+):(\d+) /.exec(line)
    if (!match || Number(match[4]) !== ino) continue
    const pid = Number(match[1])
    const isSameDevice = deviceNumber(parseInt(match[2]!, 16), parseInt(match[3]!, 16)) === dev
    if (pid === process.pid || !(isSameDevice || hasOpen(pid, path))) continue
    throw locked(path, `by process ${pid} with a file lock, as Apache Kafka takes one: stop it, or give this one other log.dirs`)
  }
}

/** The device number as stat() gives it for a major and a minor. */
function deviceNumber(major: number, minor: number): number {
  return (minor & 0xff) + (major & 0xfff) * 0x100 + Math.floor(minor / 0x100) * 0x10_0000
}

/** Some file systems (btrfs, overlays) show another device in stat() than the kernel lists, but the path of an open file is the same. */
function hasOpen(pid: number, path: string): boolean {
  try {
    const fds = `/proc/${pid}/fd`
    return readdirSync(fds).some((fd) => readlinkSync(`${fds}/${fd}`).endsWith(path))
  } catch {
    return false // gone meanwhile, or not ours to look at
  }
}

function locked(path: string, byWhom: string): DiskError {
  return new DiskError(path, 'ELOCKED', `${dirname(path)} is in use ${byWhom}`)
}
