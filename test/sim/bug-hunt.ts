// Planted bugs, and how many seeds it takes until one fails.

import { runCrew, type Task } from './crew.ts'
import type { PlantedBug } from './planted-bugs.ts'
import type { Scenario } from './scenarios.ts'

interface HuntOptions {
  readonly scenario: Scenario
  readonly processes: number
  readonly most: number
  readonly from: number
}

interface Hunted {
  readonly bug: PlantedBug
  /** How many seeds it took; null: it was not found. */
  readonly seeds: number | null
  readonly seed: number
  readonly title: string
}

/** Hunts the bug of that name, or all of them; true when every one was found, by seeds that pass without it. Prints a table. */
export async function huntAll(name: string | null, options: HuntOptions): Promise<boolean> {
  const { bugs } = options.scenario
  const chosen = bugs.filter((bug) => name === null || bug.name === name)
  if (chosen.length === 0) throw new Error(`no bug is called ${name}; there are ${bugs.map((bug) => bug.name).join(', ')}`)
  const hunted: Hunted[] = []
  for (const bug of chosen) {
    const found = await hunt(bug, options)
    hunted.push(found)
    console.log(line(found))
  }
  const missed = hunted.filter(({ seeds }) => seeds === null)
  console.log(`${hunted.length - missed.length} of ${hunted.length} planted bugs were found.`)
  return missed.length === 0
}

async function hunt(bug: PlantedBug, { scenario, processes, most, from }: HuntOptions): Promise<Hunted> {
  let tried = 0
  let found: Hunted | null = null
  await runCrew({
    scenario: scenario.name,
    processes,
    bug: bug.name,
    tasks: once(from, most),
    onResult({ seed, title }) {
      tried++
      if (title !== null) found = { bug, seeds: tried, seed, title }
      return found === null
    },
  })
  if (found === null) return { bug, seeds: null, seed: -1, title: `NOT FOUND in ${most} seeds` }
  const without = await titleWithout(scenario, (found as Hunted).seed)
  return without === null ? found : { ...(found as Hunted), seeds: null, title: `FAILS WITHOUT IT AS WELL: ${without}` }
}

/** What goes wrong with a seed where nothing is planted: a find is one only where that is null. */
async function titleWithout({ name }: Scenario, seed: number): Promise<string | null> {
  let found: string | null = null
  await runCrew({
    scenario: name,
    processes: 1,
    tasks: once(seed, 1),
    onResult({ title }) {
      found = title
      return true
    },
  })
  return found
}

function* once(from: number, count: number): Generator<Task> {
  for (let seed = from; seed < from + count; seed++) yield { seed, isTwice: false }
}

function line({ bug, seeds, seed, title }: Hunted): string {
  const when = seeds === null ? '-' : `seed ${seed}`
  return `${bug.name.padEnd(28)} ${when.padEnd(10)} ${title.slice(0, 150)}`
}
