// What every codec shares: the error of an output that is larger than its reader allows, and the loading of optional libraries.
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
