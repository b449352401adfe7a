// The standard streams of this process, for programs whose work is what comes in and goes out there.

/** What is typed or piped in. Reading it keeps the process alive until it ends, or until whoever reads leaves the loop. */
export const standardInput = (): AsyncIterable<Uint8Array> => process.stdin

/** Somebody types and reads: neither stream leads to a file or a pipe. */
export const isInteractive = (): boolean => Boolean(process.stdin.isTTY && process.stdout.isTTY)

let watches = false

/** Writes to the standard output; resolves when the system has taken it, with false where nobody reads there any more. */
export function writeOutput(bytes: Uint8Array): Promise<boolean> {
  if (!watches) {
    watches = true
    // Without a listener a reader that has gone would end the process with a stack trace; the callback below tells.
    process.stdout.on('error', () => {})
  }
  return new Promise((resolve) => process.stdout.write(bytes, (error) => resolve(!error)))
}

/** How far this machine's local time is ahead of UTC at `time` (milliseconds since 1970), in milliseconds. */
export const utcOffsetMs = (time: number): number => -60_000 * new Date(time).getTimezoneOffset()
