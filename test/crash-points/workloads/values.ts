// Records whose values say where they come from, and whose bytes are not all alike.

import type { Sent } from '../ledger.ts'

/** `count` records without a key, each about `size` bytes long. */
export function records(name: string, count: number, size: number): Sent[] {
  return Array.from({ length: count }, (_, i) => ({ key: null, value: textOf(`${name}.${i}`, size) }))
}

/** A text of its own for each name: one that is mixed up with another, or has a hole, is found. */
export function textOf(name: string, size: number): string {
  let text = `${name}:`
  for (let i = 0; text.length < size; i++) text += ` ${name.length * 31 + i * i}`
  return text
}
