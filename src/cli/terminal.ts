// What a command sees of the world, so that tests can be one.

import type { Clock } from '../platform/clock.ts'
import type { Disk } from '../platform/disk.ts'
import type { OtherProcess } from '../platform/node/other-processes.ts'
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
  /** Bytes for whoever uses the output, in order with `print`. Resolves when they are taken, with false where nobody reads any more. */
  write(bytes: Uint8Array): Promise<boolean>
  /** What is typed or piped in. */
  input(): AsyncIterable<Uint8Array>
  /** Somebody types and reads; otherwise it is a pipe or a file. */
  isInteractive(): boolean
  /** How far local time is ahead of UTC at `time`, in milliseconds. */
  utcOffsetMs(time: number): number
  /** The text of a file, or null where it is missing. */
  readText(path: string): Promise<string | null>
  onSignal(signals: readonly Signal[], run: (signal: Signal) => void): () => void
  /** Ends this process as the signal would have. */
  endBy(signal: Signal): void
  /** Runs `odradek` with these words in another process, which ends with this one. */
  readonly startProgram: StartProgram
  /** Other processes of this machine. */
  readonly processes: {
    others(): readonly OtherProcess[]
    /** Throws where that cannot be done. */
    signal(pid: number, signal: string): void
    /** Runs this same command with other words, in a process that goes on when this one ends; its output goes to a file. */
    startDetached(words: readonly string[], outputPath: string): void
  }
  setExitCode(code: number): void
  exitNow(code: number): void
}
