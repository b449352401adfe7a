// The part of the real terminal that every program has: what is printed, typed and read, and the time.

import { nodeClock } from '../platform/node/clock.ts'
import { nodeDisk } from '../platform/node/disk.ts'
import { onSignal } from '../platform/node/process.ts'
import { nodeRandom } from '../platform/node/random.ts'
import { isInteractive, standardInput, utcOffsetMs, writeOutput } from '../platform/node/standard-streams.ts'
import type { Surroundings } from './kafka/command.ts'

/** `keepsAlive`: waiting is the program's own work, so that it does not end while it waits. */
export function realSurroundings({ keepsAlive }: { readonly keepsAlive: boolean }): Surroundings {
  const disk = nodeDisk()
  const random = nodeRandom()
  return {
    clock: nodeClock({ keepsAlive }),
    randomBytes: (length) => random.bytes(length),
    print: (line) => console.log(line),
    complain: (line) => console.error(line),
    write: writeOutput,
    input: standardInput,
    isInteractive,
    utcOffsetMs,
    onSignal,
    async readText(path) {
      const bytes = await disk.readAtomic(path)
      return bytes === null ? null : new TextDecoder().decode(bytes)
    },
  }
}
