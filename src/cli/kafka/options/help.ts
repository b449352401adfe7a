// The help of a command: its options in two columns, in the order of the alphabet.

import type { Option, OptionTable } from './table.ts'

const WIDTH = 80
const GAP = 2

/** Lines that end with their last letter. */
export function helpLines(table: OptionTable): string[] {
  const hasRequired = Object.values(table).some(({ isRequired }) => isRequired)
  const title = hasRequired ? 'Option (* = required)' : 'Option'
  const rows = Object.entries(table)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, option]) => [`${option.isRequired ? '* ' : ''}${synopsis(name, option)}`, described(option)] as const)
  const longest = Math.max(title.length, ...rows.map(([left]) => left.length))
  const left = Math.min(longest, Math.floor((WIDTH - GAP) / 2))
  const right = WIDTH - GAP - left
  return [[title, 'Description'] as const, ['-'.repeat(title.length), '-'.repeat(11)] as const, ...rows].flatMap(([one, two]) => {
    const ones = wrapped(one, left)
    const twos = wrapped(two, right)
    return Array.from({ length: Math.max(ones.length, twos.length) }, (_, at) =>
      `${(ones[at] ?? '').padEnd(left + GAP)}${twos[at] ?? ''}`.trimEnd(),
    )
  })
}

function synopsis(name: string, { value }: Option): string {
  if (!value) return `--${name}`
  const { type, means, isOptional } = value
  const kind = typeof type === 'object' ? type.name : type
  const inside = means ? `${kind}: ${means}` : kind
  return `--${name} ${isOptional ? `[${inside}]` : `<${inside}>`}`
}

function described({ about, value }: Option): string {
  return value?.initial === undefined ? about : `${about} (default: ${value.initial})`
}

/** Words on lines of at most `width` letters, all but the first set in by two. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    const indent = lines.length > 0 ? '  ' : ''
    const longer = line === '' ? indent + word : `${line} ${word}`
    if (line !== '' && longer.length > width) {
      lines.push(line)
      line = `  ${word}`
    } else line = longer
  }
  return [...lines, line]
}
