// Crash points from the command line: states that power cuts may leave, spread over all workloads, each opened and looked at.

import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { SimDirectory } from '../../src/platform/sim/inode.ts'
import { ready } from '../../src/protocol/compression/index.ts'
import { openCounters } from '../support/counter-file.ts'
import { type Failed, judgeAt, type Played, type Point, play, pointsOf, report, stateAt, titleOf } from './campaign.ts'
import type { SimBroker } from './sim-broker.ts'
import { workloads } from './workloads/index.ts'

const USAGE = `node build/test/crash-points/main.js [options]
  --states N     so many different states in all (5000)
  --seed S       of the workloads and of the samples (1)
  --workload W   only this one: ${workloads.map(({ name }) => name).join(', ')}
  --point N --subset M   only this state of the workload, with all that helps
  --write DIR    recovered states are written to DIR/<number>/data, as the broker left them
  --stop         end at the first failure
  --counter FILE where the count is kept (test/campaigns/crash-points.json); without --count nothing is counted
  --count        count this run`

const { values } = parseArgs({
  options: {
    states: { type: 'string', default: '5000' },
    seed: { type: 'string', default: '1' },
    workload: { type: 'string' },
    point: { type: 'string' },
    subset: { type: 'string', default: '0' },
    write: { type: 'string' },
    stop: { type: 'boolean', default: false },
    count: { type: 'boolean', default: false },
    counter: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})

interface Job {
  readonly played: Played
  readonly point: Point
}

if (values.help) console.log(USAGE)
else await main()

async function main(): Promise<void> {
  await ready()
  const seed = Number(values.seed)
  const chosen = workloads.filter(({ name }) => values.workload === undefined || name === values.workload)
  if (chosen.length === 0) throw new RangeError(`there is no workload ${values.workload}`)
  const all: { played: Played; points: Point[] }[] = []
  for (const workload of chosen) {
    const played = await play(workload, seed)
    const only = values.point === undefined ? null : [{ step: Number(values.point), subset: Number(values.subset) }]
    const points = only ?? pointsOf(played)
    all.push({ played, points })
    const { steps, events } = played.recording
    console.log(
      `${workload.name}: ${steps.length} steps of the disk, ${events.length} questions and answers, ${points.length} different states`,
    )
  }
  await judgeAll(share(all, Number(values.states)))
}

/** As many of each workload, where it has so many. */
function share(all: readonly { played: Played; points: readonly Point[] }[], states: number): Job[] {
  const jobs: Job[] = []
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

async function judgeAll(jobs: readonly Job[]): Promise<void> {
  const counters = openCounters('crash-points', values.counter === undefined ? {} : { path: values.counter })
  const began = performance.now()
  const seconds = () => (performance.now() - began) / 1000
  const failures = new Map<string, number>()
  let told = began
  let done = 0
  for (const { played, point } of jobs) {
    const failure = await judgeAt(played, point, async (broker) => {
      if (values.write !== undefined) await write(broker, join(values.write, String(done)), done % 2 === 1)
    })
    done++
    if (failure) fail(played, point, failure)
    else if (values.point !== undefined) console.log(`good; kept: ${stateAt(played, point).kept}`)
    if (performance.now() - told < 10_000 && done < jobs.length) continue
    told = performance.now()
    const rate = done / seconds()
    console.log(
      `${done} of ${jobs.length} states, ${[...failures.values()].reduce((a, b) => a + b, 0)} failed, ${rate.toFixed(1)} a second, ${((jobs.length - done) / rate).toFixed(0)} s left`,
    )
    if (failures.size > 0 && values.stop) break
  }
  for (const [title, times] of failures) console.log(`${times} x ${title}`)
  if (values.count) {
    counters.add({ states: done }, seconds())
    counters.save()
  }
  process.exitCode = failures.size === 0 ? 0 : 1

  function fail(played: Played, point: Point, failure: Failed): void {
    const title = titleOf(played, failure)
    const times = failures.get(title) ?? 0
    failures.set(title, times + 1)
    if (times < 2) console.log(`FAILED ${report(played, point, failure)}`)
    const command = `node build/test/crash-points/main.js --seed ${played.seed} --workload ${played.workload.name} --point ${point.step} --subset ${point.subset}`
    if (times < 2) console.log(`  again: ${command}`)
    counters.fail(title, command)
  }
}

/** What the broker left on its disk: after a clean stop, or as if it was killed. */
async function write(broker: SimBroker, folder: string, isClean: boolean): Promise<void> {
  if (isClean) await broker.stop()
  else broker.node.kill()
  const visit = (path: string, to: string) => {
    const node = broker.node.machine.device.find(path)
    if (node instanceof SimDirectory) {
      mkdirSync(to, { recursive: true })
      for (const name of node.entries.keys()) visit(`${path}/${name}`, join(to, name))
    } else if (node) {
      mkdirSync(dirname(to), { recursive: true })
      writeFileSync(to, node.bytes)
    }
  }
  visit('/data', join(folder, 'data'))
}
