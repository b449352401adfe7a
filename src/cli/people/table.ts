// Tables for people: columns as wide as what they hold, numbers on the right.

import type { Desk } from '../../platform/desk.ts'
import { harmless } from './harmless.ts'
import { type Color, paint } from './paint.ts'
import { cutTo, widthOf } from './width.ts'

export type Cell = string | number | null | { readonly text: string | number; readonly color: Color }

const GAP = '  '
/** What the last column keeps of a screen that is too narrow for the others. */
const LEAST = 8
const textOf = (cell: Cell): string =>
  cell === null
    ? '-'
    : typeof cell === 'object'
      ? textOf(cell.text)
      : typeof cell === 'number'
        ? grouped(cell)
        : harmless(cell).replaceAll('\t', '\\t')
const isNumber = (cell: Cell): boolean => typeof (typeof cell === 'object' && cell !== null ? cell.text : cell) === 'number'

/** 1234567 as 1,234,567. */
export function grouped(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** The lines of a table: titles, then rows. On a screen the last column, where it holds texts, is cut to what the others leave of a line; `indent` stands before each. */
export function tableLines(
  titles: readonly string[],
  rows: readonly (readonly Cell[])[],
  { hasColors, isWatched, columns }: Pick<Desk, 'hasColors' | 'isWatched' | 'columns'>,
  indent = '',
): string[] {
  const last = titles.length - 1
  const isRight = titles.map((_, at) => rows.some((row) => isNumber(row[at] ?? null)))
  const texts = rows.map((row) => titles.map((_, at) => textOf(row[at] ?? null)))
  const widths = titles.map((title, at) => texts.reduce((most, row) => Math.max(most, widthOf(row[at]!)), title.length))
  const others = widths.slice(0, last).reduce((sum, width) => sum + width + GAP.length, indent.length)
  const room = isWatched && !isRight[last] ? Math.max(LEAST, columns - others) : Number.POSITIVE_INFINITY
  const padded = (text: string, at: number) => {
    const blanks = ' '.repeat(Math.max(0, widths[at]! - widthOf(text)))
    if (isRight[at]) return blanks + text
    return at === last ? cutTo(room, text) : text + blanks
  }
  const line = (words: readonly string[]) => indent + words.join(GAP).trimEnd()
  const painted = (cell: Cell, text: string) =>
    typeof cell === 'object' && cell !== null ? paint({ hasColors }, cell.color, text) : text
  return [
    line(titles.map((title, at) => paint({ hasColors }, 'bold', padded(title, at)))),
    ...rows.map((row, number) => line(texts[number]!.map((text, at) => painted(row[at] ?? null, padded(text, at))))),
  ]
}
