// Colours, where somebody looks at them.

import type { Desk } from '../../platform/desk.ts'

const codes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34, cyan: 36 } as const

export type Color = keyof typeof codes

/** The text in that colour; as it is, where there are none. */
export function paint({ hasColors }: Pick<Desk, 'hasColors'>, color: Color, text: string): string {
  return hasColors && text !== '' ? `\x1b[${codes[color]}m${text}\x1b[0m` : text
}
