// This process as its parent sees it: environment, arguments, signals, exit code.

import { setFlagsFromString } from 'node:v8'

export type Signal = 'SIGINT' | 'SIGTERM' | 'SIGHUP'

/** Calls `run` each time one of `signals` comes, instead of ending the process; returns what takes that back. */
export function onSignal(signals: readonly Signal[], run: (signal: Signal) => void): () => void {
  for (const signal of signals) process.on(signal, run)
  return () => {
    for (const signal of signals) process.off(signal, run)
  }
}

/** Ends this process as the signal would have without anybody who heeded it: that is what a shell wants to know. */
export function endBy(signal: Signal): void {
  process.removeAllListeners(signal)
  process.kill(process.pid, signal)
}

/** Exit codes, as shells and service managers know them. */
export const exitCodes = { ok: 0, failed: 1, usage: 2 } as const

/** What the process will say when it has nothing left to do. */
export function setExitCode(code: number): void {
  process.exitCode = code
}

/** Ends the process now; nothing that is under way is finished. */
export function exitNow(code: number): never {
  process.exit(code)
}

const LONG_MS = 2 ** 30

/**
 * As `work`, and the process stays until it has ended. Timers here keep no process alive, so one that waited for other nodes between two attempts to
 * connect would end without a word.
 */
export async function stayFor<T>(work: Promise<T>): Promise<T> {
  const stay = setInterval(() => {}, LONG_MS)
  try {
    return await work
  } finally {
    clearInterval(stay)
  }
}

/** A copy of the environment. Only the command line reads it; a broker inside another program never does. */
export function environment(): Readonly<Record<string, string | undefined>> {
  return { ...process.env }
}

/**
 * Lets this thread collect young garbage without helpers. The little that a broker keeps of it takes a millisecond, and on a busy machine
 * waiting until helpers get a CPU stopped everything for up to 190.
 */
export function collectYoungAlone(): void {
  setFlagsFromString('--no-parallel-scavenge')
}
