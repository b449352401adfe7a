// Offsets of groups as a CSV file: topic,partition,offset for one group, and the group before them for several.

import { Failure } from '../failure.ts'
import type { NewOffset } from './consumer-groups-reset.ts'

/** The whole file, each line with its end. */
export function planText(plans: readonly (readonly [group: string, plan: readonly NewOffset[]])[], isOneGroup: boolean): string {
  return plans
    .flatMap(([group, plan]) =>
      plan.map(({ topic, partition, offset }) => [...(isOneGroup ? [] : [group]), topic, partition, offset]),
    )
    .map((words) => `${words.map((word) => quoted(String(word))).join(',')}\n`)
    .join('')
}

const quoted = (word: string) => (/[",\n\r ]/.test(word) ? `"${word.replaceAll('"', '""')}"` : word)

/** By group. `groups` are those that were typed: with one of them, lines may lack the group. */
export function parsePlan(csv: string, groups: readonly string[]): ReadonlyMap<string, readonly NewOffset[]> {
  const lines = csv.replace(/\n+$/, '').split('\n').map(wordsOf)
  const [only] = groups
  const lacksGroup = groups.length === 1 && lines[0]!.length <= 3 && isNumber(lines[0]![1]) && isNumber(lines[0]![2])
  const plans = new Map<string, NewOffset[]>()
  for (const words of lines) {
    const [group, topic, partition, offset] = lacksGroup ? [only, ...words] : words
    const plan = plans.get(group ?? '') ?? []
    plans.set(group ?? '', plan)
    plan.push({ topic: topic ?? '', partition: numberOf(partition), offset: numberOf(offset) })
  }
  return plans
}

const isNumber = (word: string | undefined) => word === undefined || /^\s*[+-]?\d{1,18}\s*$/.test(word)

/** A column that is missing is 0. */
function numberOf(word: string | undefined): number {
  if (!isNumber(word))
    throw new Failure(`Cannot deserialize value of type \`int\` from String "${word}": not a valid \`int\` value`)
  return Number(word ?? 0)
}

/** The words of a line; quotes hold commas. */
function wordsOf(line: string): string[] {
  return [...line.replace(/\r$/, '').matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, inQuotes, plain]) =>
    inQuotes === undefined ? (plain ?? '') : inQuotes.replaceAll('""', '"'),
  )
}
