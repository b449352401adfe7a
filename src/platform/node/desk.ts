// The desk of this process: its standard input and outputs.

import { fstatSync } from 'node:fs'
import type { Desk } from '../desk.ts'

const USUAL_COLUMNS = 80
const CLEAR_LINE = '\r\x1b[K'

export function nodeDesk(): Desk {
  const { stdin, stdout, stderr, env } = process
  const watchers: ((why: Error | null) => void)[] = []
  let wake = () => {}
  let isDeserted = false
  stdout.on('error', (why: NodeJS.ErrnoException) => {
    if (isDeserted) return
    isDeserted = true
    wake()
    // Whoever reads may have enough (`| head`): that is no failure.
    for (const run of watchers) run(why.code === 'EPIPE' ? null : why)
  })
  stdout.on('drain', () => wake())
  return {
    isWatched: stdout.isTTY === true,
    hasColors: stdout.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb',
    get columns() {
      return stdout.columns || USUAL_COLUMNS
    },
    isTyped: stdin.isTTY === true,
    input: inputUntil,
    inputBytes: sizeOfInput(),
    status(line) {
      // One that went on in the next line could not be taken away.
      if (stderr.isTTY) stderr.write(CLEAR_LINE + line.slice(0, (stderr.columns || USUAL_COLUMNS) - 1))
    },
    room: () =>
      stdout.writableNeedDrain && !isDeserted
        ? new Promise((resolve) => {
            wake = resolve
          })
        : undefined,
    timeText,
    timeFrom,
    onDeserted(run) {
      watchers.push(run)
    },
  }
}

async function* inputUntil(signal: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
  const { stdin } = process
  const stop = () => stdin.destroy()
  signal.addEventListener('abort', stop)
  try {
    if (!signal.aborted) for await (const bytes of stdin) yield bytes
  } catch (thrown) {
    if (!signal.aborted) throw thrown // else it is what ends the wait for more
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

function sizeOfInput(): number | null {
  try {
    const about = fstatSync(0)
    return about.isFile() ? about.size : null
  } catch {
    return null // there is no standard input at all
  }
}

const two = (value: number) => String(value).padStart(2, '0')

function timeText(ms: number): string {
  const at = new Date(ms)
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
  const time = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`
  return `${day} ${time}.${String(at.getMilliseconds()).padStart(3, '0')}`
}

const TIME = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?$/

function timeFrom(text: string): number | null {
  if (!TIME.test(text)) return null
  const ms = Date.parse(text.length === 10 ? `${text}T00:00` : text.replace(' ', 'T'))
  return Number.isNaN(ms) ? null : ms
}
