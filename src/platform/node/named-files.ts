// Files that are named on a command line. They may be pipes, as a shell's <(...) makes them, whose size nobody knows before their end.

import { readFile } from 'node:fs/promises'

/** The text of a file, without a byte order mark; null where there is none. Rejects with what the system says otherwise. */
export async function readNamedFile(path: string): Promise<string | null> {
  try {
    return new TextDecoder().decode(await readFile(path))
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw thrown
  }
}
