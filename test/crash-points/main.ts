// Crash points from the command line: states that power cuts may leave, spread over all workloads, each opened and looked at.

import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ready } from '../../src/protocol/compression/index.ts'
import { openCounters } from '../support/counter-file.ts'
import { commandFor, type Failed, judgeAt, type Played, type Point, play, report, stateAt, titleOf } from './campaign.ts'
import { runStates } from './run.ts'
import { workloads } from './workloads/index.ts'
import { writeState } from './write-state.ts'

const USAGE = `node build/test/crash-points/main.js [options]
  --states N     so many different states in all (5000)
  --seed S       of the workloads and of the samples (one that was not counted yet)
  --minutes M    stop after so long
  --workload W   only this one: ${workloads.map(({ name }) => name).join(', ')}
  --point N --subset M   only this state of the workload, with all that helps
  --write DIR    recovered directories are written to DIR/0, DIR/1, ...: killed and cleanly stopped in turn; nothing is counted
  --stop         end at the first failure
  --no-count     do not add to the counter file`

const { values } = parseArgs({
  options: {
    states: { type: 'string', default: '5000' },
    seed: { type: 'string' },
    minutes: { type: 'string' },
    workload: { type: 'string' },
    point: { type: 'string' },
    subset: { type: 'string', default: '0' },
    write: { type: 'string' },
    stop: { type: 'boolean', default: false },
    'no-count': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

const TELL_EVERY_MS = 10_000
/** Of each kind of trouble so many are shown. */
const SHOWN = 2
/** For directories to be written: listing the states of all boundaries would take longer than everything else. */
const SPARSE = 50

const chosen = workloads.filter(({ name }) => values.workload === undefined || name === values.workload)

if (values.help) console.log(USAGE)
else if (chosen.length === 0) throw new RangeError(`there is no workload ${values.workload}`)
else await (values.point === undefined ? main() : one(number('point', values.point), number('subset', values.subset)))

async function main(): Promise<void> {
  await ready()
  const counters = openCounters('points')
  const isCounted = !values['no-count'] && values.write === undefined
  const seed = values.seed === undefined ? counters.total('seeds') + 1 : number('seed', values.seed)
  const began = performance.now()
  const seconds = () => (performance.now() - began) / 1000
  const until = values.minutes === undefined ? Infinity : number('minutes', values.minutes) * 60
  const titles = new Map<string, number>()
  let failures = 0
  let told = began
  let listedAt = 0
  let written = 0
  const plan = {
    workloads: chosen,
    seed,
    states: number('states', values.states),
    every: values.write === undefined ? 1 : SPARSE,
  }
  const done = await runStates(plan, {
    listed({ workload, recording: { steps, events } }, points) {
      listedAt = seconds()
      console.log(
        `${workload.name}: ${steps.length} steps of the disk, ${events.length} questions and answers, ${points} different states`,
      )
    },
    judged(count, of) {
      if (performance.now() - told < TELL_EVERY_MS && count < of) return
      told = performance.now()
      const rate = count / (seconds() - listedAt)
      console.log(
        `${count} of ${of} states, ${failures} failed, ${rate.toFixed(1)} a second, ${((of - count) / rate).toFixed(0)} s left`,
      )
    },
    failed(played, point, failure) {
      const title = titleOf(played, failure)
      const times = (titles.get(title) ?? 0) + 1
      titles.set(title, times)
      failures++
      if (times <= SHOWN) tell(played, point, failure)
      counters.fail(title, commandFor(played, point))
    },
    isOver: () => (values.stop && failures > 0) || seconds() > until,
    async use(broker) {
      if (values.write === undefined) return
      await writeState(broker, join(values.write, String(written)), written % 2 === 1)
      written++
    },
  })
  for (const [title, times] of titles) console.log(`${times} x ${title}`)
  console.log(`${done} states of seed ${seed}, ${failures} failed, ${seconds().toFixed(0)} s`)
  if (isCounted) {
    counters.add({ states: done, seeds: 1 }, seconds())
    counters.save()
  }
  process.exitCode = failures === 0 ? 0 : 1
}

/** One state again. */
async function one(step: number, subset: number): Promise<void> {
  const [workload] = chosen
  if (!workload || chosen.length > 1) throw new RangeError('--point needs --workload')
  await ready()
  const played = await play(workload, number('seed', values.seed ?? '1'))
  const point = { step, subset }
  const failure = await judgeAt(played, point, async (broker) => {
    if (values.write !== undefined) await writeState(broker, values.write, false)
  })
  if (failure) tell(played, point, failure)
  else console.log(`good; kept: ${stateAt(played, point).kept}`)
  process.exitCode = failure ? 1 : 0
}

function tell(played: Played, point: Point, failure: Failed): void {
  console.log(`FAILED ${report(played, point, failure)}`)
}

function number(name: string, text: string): number {
  const found = Number(text)
  if (text.trim() === '' || !Number.isInteger(found) || found < 0)
    throw new RangeError(`--${name} must be a whole number, not "${text}"`)
  return found
}
