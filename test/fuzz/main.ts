// npm run fuzz: a campaign from the command line. What it counts is kept in test/campaigns/fuzz.json, so that it may be spread over days.

import { parseArgs } from 'node:util'
import { ready } from '../../src/protocol/compression/index.ts'
import { type Counters, openCounters } from '../support/counter-file.ts'
import { AIM_TURN_MS, MAX_TURN_MS, measureBounds } from './bound-run.ts'
import { Campaign, type Finding } from './campaign.ts'
import { fireAtControllers } from './controllers.ts'
import { keep } from './corpus.ts'
import { servedApis } from './fire.ts'
import { countsOf, newTally, type Tally } from './tally.ts'

const { values } = parseArgs({
  options: {
    frames: { type: 'string' },
    batches: { type: 'string' },
    seed: { type: 'string' },
    minutes: { type: 'string' },
    bounds: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

const FRAMES = 1_000_000
const BATCHES = 200_000
/** The seed of the frames that are counted: number N of it is tried once. */
const COUNTED_SEED = 1
/** Where nobody says how long or how far. */
const SHORT_MINUTES = 1
const SAVE_EVERY_MS = 10_000
const CONTROLLER_FRAMES = 20_000
/** A corpus is read by people, too. */
const MAX_KEPT_BYTES = 64 * 1024

const USAGE = `npm run fuzz -- [options]
  --frames N     go on until N frames are counted in test/campaigns/fuzz.json (1000000)
  --batches N    and N record batches (200000); where both are, a campaign of a fresh seed runs for a minute and is not counted
  --minutes M    stop after so long; the next call goes on (0: run to the end; 1 where no option is given)
  --bounds       only the requests that hold as much as one may; they are also tried where no option is given
  --seed S       frames and batches 0 to N of this seed, which are not counted

It fails for what it finds, and for what was found earlier on this commit of src.`

if (values.help) console.log(USAGE)
else await main()

async function main(): Promise<void> {
  await ready()
  if (values.bounds) return bounds()
  const counters = openCounters('fuzz')
  const wanted = { frames: numberOf('frames') ?? FRAMES, batches: numberOf('batches') ?? BATCHES }
  const counted = { frames: counters.total('frames'), batches: counters.total('batches') }
  // Numbers that were lost with a broker are passed over, and made up for behind the others.
  const targets = {
    frames: wanted.frames + counters.total('framesLost'),
    batches: wanted.batches + counters.total('batchesLost'),
  }
  const isDone = counted.frames >= targets.frames && counted.batches >= targets.batches
  const isPlain = [values.frames, values.batches, values.seed].every((value) => value === undefined)
  const minutes = numberOf('minutes') ?? (isPlain ? SHORT_MINUTES : 0)
  const seed = numberOf('seed')
  if (seed !== undefined) await campaign(newTally(seed), wanted, minutes, null)
  else if (isDone) await campaign(newTally(Date.now() % 2 ** 31), wanted, minutes || SHORT_MINUTES, null)
  else await campaign(newTally(COUNTED_SEED, counted.frames, counted.batches), targets, minutes, counters)
  if (isPlain && values.minutes === undefined) {
    await controllers()
    await bounds()
  }
  if (counters.failuresOnCommit.some(({ title }) => counts(title))) process.exitCode = 1
  const { shares } = counters
  console.log(`counted on ${shares.length} commits: ${counters.total('frames')} frames, ${counters.total('batches')} batches`)
  for (const { commit, failures } of shares)
    for (const { title, times } of failures) console.log(`on ${commit}: ${times} x ${title}`)
}

/** Runs until the targets are reached or the time is up; `counters` is null where it does not count. */
async function campaign(
  tally: Tally,
  targets: { frames: number; batches: number },
  minutes: number,
  counters: Counters | null,
): Promise<void> {
  const until = minutes > 0 ? performance.now() + minutes * 60_000 : Infinity
  const served = await servedApis()
  console.log(
    `seed ${tally.seed}: from frame ${tally.frames} and batch ${tally.batches}; ${served.length} APIs${counters ? '' : '; not counted'}`,
  )
  let begun = structuredClone(tally)
  let told = performance.now()
  await new Campaign(tally, served, report).run({ ...targets, until }, () => {
    if (performance.now() - told < SAVE_EVERY_MS) return
    told = performance.now()
    save()
    console.log(summaryOf(tally))
  })
  save()
  console.log(summaryOf(tally))
  for (const [title, times] of Object.entries(tally.findings)) console.log(`${times} x ${title}`)
  if (Object.keys(tally.findings).some(counts)) process.exitCode = 1

  function save(): void {
    if (!counters) return
    counters.add(countsOf(tally, begun), tally.seconds - begun.seconds)
    for (const [title, times] of Object.entries(tally.findings)) {
      const before = begun.findings[title] ?? 0
      for (let i = before; i < times; i++) counters.fail(title, `npm run fuzz -- --seed ${tally.seed}`)
    }
    counters.save()
    begun = structuredClone(tally)
  }

  function report({ title, detail, inputs, isTraced }: Finding): void {
    console.log(`FOUND ${title}\n${detail}`)
    const [first] = inputs
    if (!first || !counts(title)) return
    const what = `${isTraced ? '' : 'one of those from '}${first.kind === 'batch' ? 'batch' : 'frame'} ${first.index} of seed ${tally.seed}`
    console.log(what)
    // What is long is made again from its seed and number.
    if (inputs.reduce((sum, { bytes }) => sum + bytes.length, 0) > MAX_KEPT_BYTES) return
    const name = title
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .slice(0, 60)
      .replace(/-$/, '')
    console.log(`kept as ${keep(name, `${title} (${what})\n${detail}`, inputs)}`)
  }
}

/** A share of frames at the listeners of three controllers, of a fresh seed. */
async function controllers(): Promise<void> {
  const seed = Date.now() % 2 ** 31
  console.log(`${CONTROLLER_FRAMES} frames of seed ${seed} at three controllers`)
  const { verdicts, findings } = await fireAtControllers(seed, CONTROLLER_FRAMES)
  const kinds = Object.entries(verdicts).map(([kind, times]) => `${times} ${kind}`)
  console.log(`${kinds.join(', ')}; ${findings.length} findings`)
  for (const finding of findings) console.log(`FOUND ${finding}`)
  if (findings.length > 0) process.exitCode = 1
}

/** Requests at the bound of what one may hold: no turn of the event loop may be long. */
async function bounds(): Promise<void> {
  let tried = 0
  let long = 0
  console.log('longest turn, all work, decoded in one piece (ms of CPU)')
  await measureBounds(await servedApis(), ({ what, turnMs, workedMs, decodeMs, wrong }) => {
    tried++
    if (turnMs > MAX_TURN_MS) long++
    if (turnMs > MAX_TURN_MS || wrong) process.exitCode = 1
    const bound = turnMs > MAX_TURN_MS ? MAX_TURN_MS : AIM_TURN_MS
    const verdict = wrong ?? (turnMs > bound ? `a turn above ${bound} ms` : '')
    console.log(`${[turnMs, workedMs, decodeMs].map((ms) => ms.toFixed(1).padStart(7)).join('')}  ${what}  ${verdict}`)
  })
  console.log(`${tried} requests at the bound, ${long} with a turn above ${MAX_TURN_MS} ms`)
}

/** A stall that no frame causes alone is the machine's, or the sum of many. */
function counts(title: string): boolean {
  return !title.startsWith('untraced')
}

function summaryOf({ frames, batches, verdicts, batchesAccepted, recordsRead, seconds, findings }: Tally): string {
  const kinds = Object.entries(verdicts).map(([kind, times]) => `${times} ${kind}`)
  return `up to frame ${frames} and batch ${batches} in ${seconds} s: ${kinds.join(', ')}; ${batchesAccepted} batches accepted, ${recordsRead} records read back; ${Object.keys(findings).length} findings`
}

function numberOf(name: 'frames' | 'batches' | 'seed' | 'minutes'): number | undefined {
  if (values[name] === undefined) return undefined
  const number = Number(values[name])
  if (!Number.isFinite(number) || number < 0) throw new RangeError(`--${name} must be a number, not ${values[name]}`)
  return number
}
