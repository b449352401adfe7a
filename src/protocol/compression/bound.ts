// What every codec shares: the error of an output that is larger than its reader allows, optional libraries, and callbacks.
import { createRequire } from 'node:module'
import { MalformedBytes } from '../../base/bytes.ts'

/** The payload would grow beyond what its reader accepts. Thrown before more than the bound was kept. */
export class OutputTooLarge extends MalformedBytes {
  constructor(codec: string, maxSize: number) {
    super(`${codec}: more than ${maxSize} bytes after decompression`)
  }
}

/** An optional native library, or null where none fits this machine; the caller has a portable way then. */
export function optionalLibrary<T>(name: string): T | null {
  try {
    return createRequire(import.meta.url)(name) as T
  } catch {
    return null
  }
}

/** What a call of Node's in the older manner gives its callback. */
export function called<T>(call: (done: (error: Error | null, value: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => call((error, value) => (error ? reject(error) : resolve(value))))
}
