// What the operating system said about a file, and what the operator can do about it.

import { DiskError } from '../disk.ts'

const advice: Readonly<Record<string, string>> = {
  ENOSPC: 'no space is left on this device: free some, or lower log.retention.bytes and log.retention.ms, then start again',
  EDQUOT: 'the disk quota of this user is used up: raise it, or free some space',
  EACCES: 'this process may not do that: give its user read and write permission on the directory, or choose other log.dirs',
  EPERM: 'this process may not do that: give its user read and write permission on the directory, or choose other log.dirs',
  EROFS:
    'the file system is mounted read-only (often after a device error: see the kernel log); mount it writable, or choose other log.dirs',
  EIO: 'the device reported an input/output error: see the kernel log and replace the device; what is on it may be damaged',
  EMFILE:
    'this process has too many open files: raise its limit (ulimit -n, LimitNOFILE=) to at least three per partition plus one per connection',
  ENFILE: 'the whole machine has too many open files: raise fs.file-max',
  ENOENT: 'the file is not there',
  EEXIST: 'it exists already',
  ENOTDIR: 'a part of the path is a file, not a directory',
  EISDIR: 'it is a directory, not a file',
  ENOTEMPTY: 'the directory is not empty',
}

/** As the operating system has them: EIO. Node's own complaints about arguments (ERR_INVALID_ARG_TYPE) are our defects. */
const SYSTEM_CODE = /^E[A-Z0-9]+$/

/** The DiskError for what the operating system said of a call on `path`; `doing` completes "could not ...". Anything else is a defect of ours, and stays it. */
export function diskError(path: string, doing: string, thrown: unknown): Error {
  if (!(thrown instanceof Error)) return new Error(String(thrown))
  if (thrown instanceof DiskError) return thrown
  const { code, message } = thrown as NodeJS.ErrnoException
  if (code === undefined || !SYSTEM_CODE.test(code)) return thrown
  return new DiskError(path, code, `could not ${doing} ${path}: ${advice[code] ?? message} (${code})`, { cause: thrown })
}

/** Runs one call on `path`; what the operating system refuses becomes a DiskError. */
export async function onDisk<T>(path: string, doing: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (thrown) {
    throw diskError(path, doing, thrown)
  }
}
