// Which records are wanted: --filter key=ann, value.total>10, header.trace~^ab.

import { UsageError } from '../usage.ts'
import { type BytesRecord, structureOf, textOf } from './record-json.ts'

export type Filter = (record: BytesRecord) => boolean

const FORM = /^(key|value|partition|offset|timestamp|header)((?:\.[^.=!~<>]+)*)(!=|>=|<=|=|~|>|<)(.*)$/s

/** Throws a UsageError that says how one looks. */
export function filterOf(word: string): Filter {
  const [, part, path = '', operator, wanted] = FORM.exec(word) ?? []
  if (part === undefined || (part === 'header') !== (part === 'header' && path !== '')) throw wrong(word)
  const names = path.split('.').slice(1)
  if (!['key', 'value', 'header'].includes(part) && names.length > 0) throw wrong(word)
  const fits = comparison(operator!, wanted!, word)
  return (record) => fits(found(record, part, names))
}

/** All of them. */
export function filtersOf(words: readonly string[]): Filter {
  const filters = words.map(filterOf)
  return (record) => filters.every((filter) => filter(record))
}

/** What is compared, as a text; undefined where the record has nothing there. */
function found(record: BytesRecord, part: string, names: readonly string[]): string | undefined {
  if (part === 'partition' || part === 'offset' || part === 'timestamp') return String(record[part])
  if (part === 'header') return asText(record.headers.findLast(({ key }) => key === names.join('.'))?.value)
  const text = asText(part === 'key' ? record.key : record.value)
  if (names.length === 0 || text === undefined) return text
  let at: unknown = structureOf(text)
  for (const name of names) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return undefined
    at = (at as Record<string, unknown>)[name]
  }
  return typeof at === 'string' ? at : JSON.stringify(at)
}

function asText(bytes: Uint8Array | null | undefined): string | undefined {
  return bytes ? (textOf(bytes) ?? undefined) : undefined
}

function comparison(operator: string, wanted: string, word: string): (text: string | undefined) => boolean {
  if (operator === '=') return (text) => text === wanted
  if (operator === '!=') return (text) => text !== wanted
  if (operator === '~') {
    const pattern = patternOf(wanted, word)
    return (text) => text !== undefined && pattern.test(text)
  }
  const limit = Number(wanted)
  if (wanted.trim() === '' || Number.isNaN(limit)) throw new UsageError(`--filter ${word}: ${operator} compares with a number`)
  const compare = (value: number) => {
    if (operator === '>') return value > limit
    if (operator === '<') return value < limit
    return operator === '>=' ? value >= limit : value <= limit
  }
  return (text) => text !== undefined && text.trim() !== '' && compare(Number(text))
}

function patternOf(text: string, word: string): RegExp {
  try {
    return new RegExp(text)
  } catch (thrown) {
    throw new UsageError(`--filter ${word}: ${(thrown as Error).message}`)
  }
}

const wrong = (word: string) =>
  new UsageError(
    `--filter ${word} is not understood; it looks like key=ann, key!=ann, value~error, value.total>10, header.trace=ab, partition=2`,
  )
