// This process as its parent sees it: environment, arguments, signals, exit code.

export type Signal = 'SIGINT' | 'SIGTERM' | 'SIGHUP'

/** Calls `run` each time one of `signals` comes, instead of ending the process; returns what takes that back. */
export function onSignal(signals: readonly Signal[], run: (signal: Signal) => void): () => void {
  for (const signal of signals) process.on(signal, run)
  return () => {
    for (const signal of signals) process.off(signal, run)
  }
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

/** Calls `run` for an error that nobody caught; returns what takes that back. The process is in an unknown state then and should end. */
export function onUncaught(run: (why: unknown) => void): () => void {
  process.on('uncaughtException', run)
  process.on('unhandledRejection', run)
  return () => {
    process.off('uncaughtException', run)
    process.off('unhandledRejection', run)
  }
}

/** A copy of the environment. Only the command line reads it; a broker inside another program never does. */
export function environment(): Readonly<Record<string, string | undefined>> {
  return { ...process.env }
}

/** The words after the program's name. */
export function commandLine(): readonly string[] {
  return process.argv.slice(2)
}

export const processId: number = process.pid

/** Memory of this process in bytes: all of it, and what JavaScript objects use. */
export function memoryInUse(): { residentBytes: number; heapBytes: number } {
  const { rss, heapUsed } = process.memoryUsage()
  return { residentBytes: rss, heapBytes: heapUsed }
}
