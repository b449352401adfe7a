// Adding to and taking from a value that is a list, as IncrementalAlterConfigs does.

import { ConfigError } from './error.ts'
import type { Key } from './keys.ts'
import { readers } from './text.ts'

/** The current text (the table's default where there is none) with the entries of `text` added; those it has already stay where they are. */
export function appended(name: string, key: Key | undefined, current: string | undefined, text: string): string {
  const list = entries(name, key, current, 'added to')
  return [...new Set([...list, ...readers.list.read(text).value])].join(',')
}

/** The current text (the table's default where there is none) without the entries of `text`. */
export function subtracted(name: string, key: Key | undefined, current: string | undefined, text: string): string {
  const list = entries(name, key, current, 'taken from')
  const without = new Set(readers.list.read(text).value)
  return list.filter((entry) => !without.has(entry)).join(',')
}

function entries(name: string, key: Key | undefined, current: string | undefined, done: string): readonly string[] {
  if (key?.type !== 'list') throw new ConfigError(name, `${name} is no list; nothing can be ${done} it`)
  return readers.list.read(current ?? key.initial ?? '').value
}
