// The part of the real terminal that every program has: what is printed, typed and read, and the time.

import { nodeClock } from '../platform/node/clock.ts'
import { readNamedFile } from '../platform/node/named-files.ts'
import { endBy, onSignal } from '../platform/node/process.ts'
import { nodeRandom } from '../platform/node/random.ts'
import {
  isInteractive,
  printComplaint,
  printLine,
  standardInput,
  utcOffsetMs,
  writeOutput,
} from '../platform/node/standard-streams.ts'
import type { Surroundings } from './kafka/command.ts'
import { Failure } from './kafka/failure.ts'

/** `keepsAlive`: waiting is the program's own work, so that it does not end while it waits. */
export function realSurroundings({ keepsAlive }: { readonly keepsAlive: boolean }): Surroundings {
  const random = nodeRandom()
  return {
    clock: nodeClock({ keepsAlive }),
    randomBytes: (length) => random.bytes(length),
    print: printLine,
    complain: printComplaint,
    write: writeOutput,
    input: standardInput,
    isInteractive,
    utcOffsetMs,
    onSignal,
    endBy,
    readText,
  }
}

const reasons: Readonly<Record<string, string>> = { EISDIR: 'it is a directory', EACCES: 'permission denied' }

/** A Failure where there is a file and it cannot be read. */
async function readText(path: string): Promise<string | null> {
  try {
    return await readNamedFile(path)
  } catch (thrown) {
    const { code = '', message } = thrown as NodeJS.ErrnoException
    throw new Failure(`${path} cannot be read: ${reasons[code] ?? message}`)
  }
}
