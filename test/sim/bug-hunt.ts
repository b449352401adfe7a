// Planted bugs, and how many seeds it takes until one fails.

import type { BugRecord, HuntedBug } from './bug-record.ts'
import { runCrew, type Task } from './crew.ts'
import type { PlantedBug } from './planted-bugs.ts'
import type { Scenario } from './scenarios.ts'

interface HuntOptions {
  readonly scenario: Scenario
  readonly record: BugRecord
  readonly processes: number
  /** Of seeds, from 1 on. */
  readonly most: number
}

type Found = Pick<HuntedBug, 'seed' | 'title'>

const SAVE_EVERY = 10

/**
 * Hunts the bug of that name, or, for null, all that the record does not have as found on the present sources; true when every one was found, by a
 * seed that passes without it. Prints a table.
 */
export async function huntAll(name: string | null, options: HuntOptions): Promise<boolean> {
  const { record, scenario } = options
  const chosen = scenario.bugs.filter((bug) => name === null || bug.name === name)
  if (chosen.length === 0)
    throw new Error(`no bug is called ${name}; there are ${scenario.bugs.map((bug) => bug.name).join(', ')}`)
  let missed = 0
  for (const bug of chosen) {
    const known = name === null ? record.ofNow(bug.name) : undefined
    const found = known && known.seed !== null ? known : await hunt(bug, known?.tried ?? 0, options)
    if (found.seed === null) missed++
    const when = found.seed === null ? '-' : `seed ${found.seed}`
    console.log(`${bug.name.padEnd(30)} ${when.padEnd(10)} ${found.title.slice(0, 150)}`)
  }
  console.log(`${chosen.length - missed} of ${chosen.length} planted bugs were found.`)
  return missed === 0
}

/** Begins with the seed that found it on earlier sources, and goes on behind the seeds up to `before`, which were run on the present ones. */
async function hunt(bug: PlantedBug, before: number, options: HuntOptions): Promise<Found> {
  const { scenario, record, processes, most } = options
  const earlier = record.of(bug.name)?.seed ?? null
  const done = new Set<number>()
  let [tried, found] = [before, null as Found | null]
  await runCrew({
    scenario: scenario.name,
    processes,
    bug: bug.name,
    tasks: seedsOf(earlier, before + 1, most),
    onResult({ seed, title }) {
      done.add(seed)
      if (title !== null) found = { seed, title }
      while (found === null && done.has(tried + 1)) {
        tried++
        if (tried % SAVE_EVERY === 0) record.note({ bug: bug.name, seed: null, tried, title: NOT_YET })
      }
      return found === null
    },
  })
  if (found === null) return record.note({ bug: bug.name, seed: null, tried, title: NOT_YET })
  const { seed } = found as Found
  const without = await titleWithout(scenario, seed!)
  if (without !== null) return { seed: null, title: `SEED ${seed} FAILS WITHOUT IT AS WELL: ${without}` }
  return record.note({ bug: bug.name, tried, ...(found as Found) })
}

const NOT_YET = 'NOT FOUND'

/** What goes wrong with a seed where nothing is planted: a find is one only where that is null. */
async function titleWithout({ name }: Scenario, seed: number): Promise<string | null> {
  let found: string | null = null
  await runCrew({
    scenario: name,
    processes: 1,
    tasks: [{ seed, isTwice: false }],
    onResult({ title }) {
      found = title
      return true
    },
  })
  return found
}

function* seedsOf(first: number | null, from: number, last: number): Generator<Task> {
  if (first !== null) yield { seed: first, isTwice: false }
  for (let seed = from; seed <= last; seed++) if (seed !== first) yield { seed, isTwice: false }
}
