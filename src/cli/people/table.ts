// Tables for people: columns as wide as what they hold, numbers on the right.

import type { Desk } from '../../platform/desk.ts'
import { harmless } from './harmless.ts'
import { type Color, paint } from './paint.ts'

export type Cell = string | number | null | { readonly text: string | number; readonly color: Color }

const GAP = '  '
const textOf = (cell: Cell): string =>
  cell === null ? '-' : typeof cell === 'object' ? textOf(cell.text) : typeof cell === 'number' ? grouped(cell) : harmless(cell)
const isNumber = (cell: Cell): boolean => typeof (typeof cell === 'object' && cell !== null ? cell.text : cell) === 'number'

/** 1234567 as 1,234,567. */
export function grouped(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** The lines of a table: titles, then rows. */
export function tableLines(
  titles: readonly string[],
  rows: readonly (readonly Cell[])[],
  desk: Pick<Desk, 'hasColors'>,
): string[] {
  const widths = titles.map((title, at) => Math.max(title.length, ...rows.map((row) => textOf(row[at] ?? null).length)))
  const isRight = titles.map((_, at) => rows.some((row) => isNumber(row[at] ?? null)))
  const padded = (text: string, at: number) => (isRight[at] ? text.padStart(widths[at]!) : text.padEnd(widths[at]!))
  const line = (words: readonly string[]) => words.join(GAP).trimEnd()
  const painted = (cell: Cell, at: number) => {
    const text = padded(textOf(cell), at)
    return typeof cell === 'object' && cell !== null ? paint(desk, cell.color, text) : text
  }
  return [
    line(titles.map((title, at) => paint(desk, 'bold', at === titles.length - 1 && !isRight[at] ? title : padded(title, at)))),
    ...rows.map((row) => line(row.map(painted))),
  ]
}
