// The standard streams of this process, for programs whose work is what comes in and goes out there.

/** What is typed or piped in. Reading it keeps the process alive until it ends, or until whoever reads leaves the loop. */
export const standardInput = (): AsyncIterable<Uint8Array> => process.stdin

/** Somebody types and reads: neither stream leads to a file or a pipe. */
export const isInteractive = (): boolean => Boolean(process.stdin.isTTY && process.stdout.isTTY)

const watched = new Set<NodeJS.WriteStream>()

/**
 * Without a listener a reader that has gone, as `head` goes, would end the process with a stack trace. That nobody reads is no failure of whoever writes; a
 * disk that is full is told once, where it can be.
 */
function watch(stream: NodeJS.WriteStream): NodeJS.WriteStream {
  if (watched.has(stream)) return stream
  watched.add(stream)
  let isTold = false
  stream.on('error', ({ code, message }: NodeJS.ErrnoException) => {
    if (isTold || code === 'EPIPE' || stream === process.stderr) return
    isTold = true
    printComplaint(`the output is not complete: ${message}`)
  })
  return stream
}

/** A line on the standard output; nobody hears of it where nobody reads there. */
export function printLine(line: string): void {
  watch(process.stdout).write(`${line}\n`)
}

/** The same on the standard error output. */
export function printComplaint(line: string): void {
  watch(process.stderr).write(`${line}\n`)
}

/** Writes to the standard output; resolves when the system has taken it, with false where nobody reads there any more. */
export function writeOutput(bytes: Uint8Array): Promise<boolean> {
  return new Promise((resolve) => watch(process.stdout).write(bytes, (error) => resolve(!error)))
}

/** How far this machine's local time is ahead of UTC at `time` (milliseconds since 1970), in milliseconds. */
export const utcOffsetMs = (time: number): number => -60_000 * new Date(time).getTimezoneOffset()
