// The kinds of worlds that seeds are run in, and what belongs to each; the worlds themselves are loaded where they are run.

import { clusterBugs } from './cluster/planted-bugs.ts'
import { type PlantedBug, plantedBugs } from './planted-bugs.ts'
import { CLUSTER_RARE, RARE, type Rare } from './sometimes.ts'

export type ScenarioName = 'broker' | 'cluster'

export interface Scenario {
  readonly name: ScenarioName
  /** How `npm run sim` is told. */
  readonly words: string
  /** The counter file of its campaign. */
  readonly campaign: string
  readonly rare: Rare
  readonly bugs: readonly PlantedBug[]
}

export const scenarios: Readonly<Record<ScenarioName, Scenario>> = {
  broker: { name: 'broker', words: '', campaign: 'sim', rare: RARE, bugs: plantedBugs },
  cluster: { name: 'cluster', words: '--cluster ', campaign: 'cluster-sim', rare: CLUSTER_RARE, bugs: clusterBugs },
}

/** How somebody runs that seed again. */
export const repeatedBy = ({ words }: Scenario, seed: number) => `npm run sim -- ${words}--seed ${seed}`
