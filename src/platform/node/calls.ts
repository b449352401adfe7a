// File calls through Node's thread pool, on plain descriptors: a FileHandle costs twice as much per call.

import { close, fdatasync, fstat, fsync, ftruncate, open, read, writev, writevSync } from 'node:fs'
import { promisify } from 'node:util'

export const openFd = promisify(open)
export const closeFd = promisify(close)
export const statFd = promisify(fstat)
export const truncateFd = promisify(ftruncate)
export const flushFd = promisify(fdatasync)
export const flushAllOfFd = promisify(fsync)

/** Reads into `into` from `at`; how many bytes there were. Fewer than its size only where the file ends. */
export async function readAll(fd: number, into: Uint8Array, at: number): Promise<number> {
  let done = 0
  while (done < into.length) {
    const count = await readSome(fd, into, done, at + done)
    if (count === 0) break
    done += count
  }
  return done
}

function readSome(fd: number, into: Uint8Array, offset: number, at: number): Promise<number> {
  return new Promise((resolve, reject) => {
    read(fd, into, offset, into.length - offset, at, (error, count) => (error ? reject(error) : resolve(count)))
  })
}

/** Writes all of `chunks` at `at`. The system may take less than it was given, and says why only when asked for the rest. */
export async function writeAll(fd: number, chunks: readonly Uint8Array[], at: number): Promise<void> {
  let left: readonly Uint8Array[] = chunks
  while (left.length > 0) {
    const count = await writeSome(fd, left, at)
    at += count
    left = after(left, count)
  }
}

function writeSome(fd: number, chunks: readonly Uint8Array[], at: number): Promise<number> {
  return new Promise((resolve, reject) => {
    writev(fd, chunks as Uint8Array[], at, (error, count) => (error ? reject(error) : resolve(count)))
  })
}

/** The same on this thread. */
export function writeAllNow(fd: number, chunks: readonly Uint8Array[], at: number): void {
  let left: readonly Uint8Array[] = chunks
  while (left.length > 0) {
    const count = writevSync(fd, left as Uint8Array[], at)
    at += count
    left = after(left, count)
  }
}

/** What of `chunks` follows their first `count` bytes. */
function after(chunks: readonly Uint8Array[], count: number): readonly Uint8Array[] {
  for (let i = 0; i < chunks.length; i++) {
    const { length } = chunks[i]!
    if (count < length) return [chunks[i]!.subarray(count), ...chunks.slice(i + 1)]
    count -= length
  }
  return []
}
