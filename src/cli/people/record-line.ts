// A record as a line for people.

import type { Desk } from '../../platform/desk.ts'
import { harmless } from './harmless.ts'
import { paint } from './paint.ts'
import { type BytesRecord, textOf } from './record-json.ts'

/** Where it is, when, its key, its value; what would move the cursor is written out. */
export function recordLine({ topic, partition, offset, timestamp, key, value, headers }: BytesRecord, desk: Desk): string {
  const time = timestamp < 0 ? '-' : desk.timeText(timestamp)
  const named = headers.map((header) => `${harmless(header.key)}=${shown(header.value)}`)
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
  return text === null ? `0x${Buffer.from(bytes).toString('hex')}` : harmless(text)
}
