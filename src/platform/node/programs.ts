// Other processes of this same program, which end with it unless they are detached.

import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { createInterface } from 'node:readline'

export interface RunningProgram {
  readonly pid: number
  /** Resolves when it has ended: with its exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>
  /** Asks it to stop, as a signal from outside would. */
  stop(): void
  /** Ends it now. */
  kill(): void
}

export interface ProgramOutput {
  line(text: string): void
  complaint(text: string): void
}

/** Whoever started it is gone when its input ends; then it stops, too. Waiting for that keeps nobody who has nothing else to do. */
const BOOT = `
process.stdin.on('end', () => process.kill(process.pid, 'SIGTERM')).resume().unref()
const [url, ...words] = process.argv.slice(1)
import(url).then(({ main }) => main(words))`

/**
 * Runs `main(words)` of the module in a process of its own, in a group of its own: a key that interrupts the terminal reaches only the one who
 * started it. Throws where it cannot be started.
 */
export function startProgram(
  moduleUrl: string,
  words: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  output: ProgramOutput,
): RunningProgram {
  const child = spawn(process.execPath, ['-e', BOOT, moduleUrl, ...words], {
    env: { ...env },
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  createInterface(child.stdout).on('line', (text) => output.line(text))
  createInterface(child.stderr).on('line', (text) => output.complaint(text))
  child.stdin.on('error', () => {}) // it ended; `ended` tells
  const ended = new Promise<number | string>((resolve) => {
    child.once('error', (why) => {
      output.complaint(String(why.message))
      resolve(1)
    })
    child.once('close', (code, signal) => resolve(signal ?? code ?? 1))
  })
  return { pid: child.pid ?? -1, ended, stop: () => void child.kill('SIGTERM'), kill: () => void child.kill('SIGKILL') }
}

/**
 * Runs the script of this process once more with other words, in a process that goes on when this one and its terminal are gone. What it prints is added to
 * a file, whose directory is made where it is missing. Throws where that cannot be written.
 */
export function startDetached(words: readonly string[], outputPath: string): void {
  mkdirSync(dirname(outputPath), { recursive: true })
  const output = openSync(outputPath, 'a')
  try {
    spawn(process.execPath, [process.argv[1]!, ...words], { detached: true, stdio: ['ignore', output, output] }).unref()
  } finally {
    closeSync(output)
  }
}
