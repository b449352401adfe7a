// A share of a campaign: all workloads are played with one seed, and so many of their states are judged.

import { type Failed, judgeAt, type Played, type Point, play, pointsOf } from './campaign.ts'
import type { SimBroker } from './sim-broker.ts'
import type { Workload } from './stage.ts'

export interface Plan {
  readonly workloads: readonly Workload[]
  readonly seed: number
  /** So many different states in all, as many of each workload where it has so many. */
  readonly states: number
  /** Look at every so many-th boundary. */
  readonly every: number
}

export interface Listener {
  listed(played: Played, points: number): void
  judged(done: number, of: number): void
  failed(played: Played, point: Point, failure: Failed): void
  /** Asked before each state. */
  isOver(): boolean
  /** Gets the broker when it has served. */
  use?(broker: SimBroker): Promise<void>
}

/** Resolves to the number of states that were judged. */
export async function runStates({ workloads, seed, states, every }: Plan, listener: Listener): Promise<number> {
  const all: { played: Played; points: Point[] }[] = []
  for (const workload of workloads) {
    const played = await play(workload, seed)
    const points = pointsOf(played, every)
    listener.listed(played, points.length)
    all.push({ played, points })
  }
  const jobs = share(all, states)
  let done = 0
  for (const { played, point } of jobs) {
    if (listener.isOver()) break
    const failure = await judgeAt(played, point, listener.use?.bind(listener))
    done++
    if (failure) listener.failed(played, point, failure)
    listener.judged(done, jobs.length)
  }
  return done
}

function share(all: readonly { played: Played; points: readonly Point[] }[], states: number) {
  const jobs: { played: Played; point: Point }[] = []
  for (let rank = 0; jobs.length < states; rank++) {
    const before = jobs.length
    for (const { played, points } of all) {
      const point = points[rank]
      if (point && jobs.length < states) jobs.push({ played, point })
    }
    if (jobs.length === before) break
  }
  return jobs
}
