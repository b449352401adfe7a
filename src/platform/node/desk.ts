// The desk of this process: its standard input and outputs.

import { createInterface } from 'node:readline'
import type { Desk } from '../desk.ts'

const USUAL_COLUMNS = 80
const CLEAR_LINE = '\r\x1b[K'

export function nodeDesk(): Desk {
  const { stdin, stdout, stderr, env } = process
  const deserted: (() => void)[] = []
  // Whoever reads may have enough (`| head`): that is no failure.
  stdout.on('error', (why: NodeJS.ErrnoException) => {
    if (why.code !== 'EPIPE') throw why
    for (const run of deserted.splice(0)) run()
  })
  return {
    isWatched: stdout.isTTY === true,
    hasColors: stdout.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb',
    get columns() {
      return stdout.columns || USUAL_COLUMNS
    },
    isTyped: stdin.isTTY === true,
    lines: () => createInterface({ input: stdin, crlfDelay: Number.POSITIVE_INFINITY }),
    status(line) {
      if (stderr.isTTY) stderr.write(CLEAR_LINE + line)
    },
    room: () => (stdout.writableNeedDrain ? new Promise((resolve) => stdout.once('drain', () => resolve())) : undefined),
    timeText,
    timeFrom,
    onDeserted(run) {
      deserted.push(run)
    },
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
