// What the campaigns reached so far, against what they are to reach.

import { openCounters } from '../support/counter-file.ts'
import type { Campaign } from './campaign.ts'

export function table(campaigns: readonly Campaign[], outcomes: ReadonlyMap<string, string>): string {
  const rows = campaigns.flatMap(({ name, goals }) => {
    const { shares } = openCounters(name)
    const failures = shares.flatMap((share) => share.failures).reduce((sum, { times }) => sum + times, 0)
    const commits = shares.map(({ commit }) => commit)
    return goals.map(({ count, target }, i) => [
      i === 0 ? name : '',
      `${sum(shares, count).toLocaleString('en')} of ${target.toLocaleString('en')} ${count}`,
      i === 0 ? (outcomes.get(name) ?? '') : '',
      i === 0 ? `${failures} failures on ${commits.length} commits${commits.length > 0 ? `, last ${commits.at(-1)}` : ''}` : '',
    ])
  })
  return `\n${columns([['campaign', 'reached in all', 'this share', 'in all'], ...rows])}`
}

function sum(shares: ReturnType<typeof openCounters>['shares'], count: string): number {
  return shares.reduce((total, { counts }) => total + (counts[count] ?? 0), 0)
}

function columns(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows
    .map((row) =>
      row
        .map((text, column) => text.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
