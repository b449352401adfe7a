// What a command sees of the world, so that tests can be one.

import type { Clock } from '../platform/clock.ts'
import type { Disk } from '../platform/disk.ts'
import type { Signal } from '../platform/node/process.ts'
import type { StartProgram } from './start-brokers.ts'

export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  readonly disk: Disk
  /** The machine's own name. */
  readonly hostName: string
  randomBytes(length: number): Uint8Array
  /** A line for whoever uses the output. */
  print(line: string): void
  /** A line for the operator, beside the output. */
  complain(line: string): void
  /** The text of a file, or null where it is missing. */
  readText(path: string): Promise<string | null>
  onSignal(signals: readonly Signal[], run: (signal: Signal) => void): () => void
  /** Runs `odradek` with these words in another process, which ends with this one. */
  readonly startProgram: StartProgram
  setExitCode(code: number): void
  exitNow(code: number): void
}
