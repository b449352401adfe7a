// A record as a line for people.

import type { Desk } from '../../platform/desk.ts'
import { paint } from './paint.ts'
import { type BytesRecord, textOf } from './record-json.ts'

/** Where it is, when, its key, its value; what would move the cursor is written out. */
export function recordLine({ topic, partition, offset, timestamp, key, value, headers }: BytesRecord, desk: Desk): string {
  const time = timestamp < 0 ? '-' : desk.timeText(timestamp)
  const named = headers.map((header) => `${header.key}=${shown(header.value)}`)
  return [
    paint(desk, 'dim', time),
    paint(desk, 'cyan', `${topic}-${partition}:${offset}`),
    ...(key === null ? [] : [paint(desk, 'yellow', shown(key))]),
    value === null ? paint(desk, 'dim', 'null') : shown(value),
    ...(named.length === 0 ? [] : [paint(desk, 'dim', `{${named.join(' ')}}`)]),
  ].join('  ')
}

function shown(bytes: Uint8Array | null): string {
  if (bytes === null) return 'null'
  const text = textOf(bytes)
  if (text === null) return `0x${Buffer.from(bytes).toString('hex')}`
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is written out
  return text.replace(/[\x00-\x08\x0b-\x1f\x7f\u0080-\u009f\n]/g, (letter) =>
    JSON.stringify(letter).slice(1, -1).replace('\x7f', '\\u007f'),
  )
}
