// npm run sim. Words after `--`:
//   --seeds N [--from M]   N seeds on all cores (default 200); a sample of them twice
//   --seed S               one of them twice, with its last events
//   --bug NAME             plants a bug and runs seeds until it is found, or --seeds N were run (default 500)
//   --bugs                 the same with all that test/campaigns does not have as found on the present sources
//   --campaign N           as many seeds as are missing from N in test/campaigns
//   --cluster              with any of these: several brokers instead of one

import { availableParallelism } from 'node:os'

import { huntAll } from './bug-hunt.ts'
import { openBugRecord } from './bug-record.ts'
import { campaign } from './campaign.ts'
import { repeatOne, runMany } from './many-seeds.ts'
import { scenarios } from './scenarios.ts'

const words = process.argv.slice(2)
const scenario = scenarios[words.includes('--cluster') ? 'cluster' : 'broker']
const processes = number('--processes') ?? Math.min(2, availableParallelism())
process.exitCode = (await chosen()) ? 0 : 1

function chosen(): Promise<boolean> {
  const seed = number('--seed')
  const bug = text('--bug')
  const goal = number('--campaign')
  const most = number('--seeds')
  if (bug !== null || words.includes('--bugs'))
    return huntAll(bug, { scenario, processes, most: most ?? 500, record: openBugRecord(scenario.campaign) })
  if (seed !== null) return repeatOne(scenario.name, seed)
  if (goal !== null) return campaign(scenario, goal, processes)
  return runMany({
    scenario: scenario.name,
    from: number('--from') ?? 1,
    count: most ?? 200,
    processes,
    stops: words.includes('--stop'),
  })
}

function text(name: string): string | null {
  const at = words.indexOf(name)
  return at < 0 ? null : (words[at + 1] ?? '')
}

function number(name: string): number | null {
  const word = text(name)
  if (word === null) return null
  if (!/^\d+$/.test(word)) throw new Error(`${name} takes a number, not "${word}"`)
  return Number(word)
}
