// The system calls behind sending a file's bytes without reading them. Node has no sendfile, so koffi calls it where that is installed, on
// 64-bit Linux alone: elsewhere its arguments are others.

import { closeSync } from 'node:fs'
import { createRequire } from 'node:module'

/** fcntl's command for a copy of a descriptor that no child inherits. */
const F_DUPFD_CLOEXEC = 1030
/** Of the offset that sendfile reads and moves. */
const OFFSET_BYTES = 8

export interface SendfileCalls {
  /**
   * Sends up to `length` bytes from `position` of `file` to `socket`, in the thread pool; how many went. Zero where the file ends there; negative where the
   * socket takes nothing now, or an error was met.
   */
  sendfile(socket: number, file: number, position: number, length: number): Promise<number>
  /** Another descriptor of the same thing: it lives until `close`, whatever becomes of the first one. Null where there is none. */
  duplicate(fd: number): number | null
  close(fd: number): void
}

let loaded: SendfileCalls | null | undefined

/** Loads the library at the first call, which takes 7 ms. Null where it cannot be had: bytes are read and written there. */
export function sendfileCalls(): SendfileCalls | null {
  if (loaded === undefined) loaded = load()
  return loaded
}

// The parts of koffi that are used here.
type Done = (error: Error | null, sent: number) => void
type Sendfile = { async(out: number, file: number, offset: Uint8Array, count: number, done: Done): void }
type Fcntl = (fd: number, command: number, type: string, value: number) => number
type Koffi = { load(library: null): { func(prototype: string): unknown } }

function load(): SendfileCalls | null {
  if (process.platform !== 'linux' || (process.arch !== 'x64' && process.arch !== 'arm64')) return null
  try {
    const koffi = createRequire(import.meta.url)('koffi') as Koffi
    const libc = koffi.load(null) // what the process has loaded already: glibc and musl alike
    return bound(
      libc.func('int64_t sendfile(int out, int in, void *offset, size_t count)') as Sendfile,
      libc.func('int fcntl(int fd, int command, ...)') as Fcntl,
    )
  } catch {
    return null // an optional dependency that is missing, or that does not fit this machine
  }
}

function bound(sendfile: Sendfile, fcntl: Fcntl): SendfileCalls {
  return {
    sendfile: (socket, file, position, length) =>
      new Promise((resolve, reject) => {
        // The kernel writes into it while the call is under way, and koffi does not keep it: the callback must, or somebody else's memory is written.
        const offset = Buffer.alloc(OFFSET_BYTES)
        offset.writeBigInt64LE(BigInt(position))
        sendfile.async(socket, file, offset, length, (error, sent) => {
          if (error) reject(error)
          else resolve(sent < 0 ? sent : Number(offset.readBigInt64LE()) - position)
        })
      }),
    duplicate(fd) {
      const copy = fcntl(fd, F_DUPFD_CLOEXEC, 'int', 0)
      return copy < 0 ? null : copy
    },
    close: closeSync,
  }
}
