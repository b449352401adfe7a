// npm run fuzz: a campaign from the command line.

import { parseArgs } from 'node:util'
import { ready } from '../../src/protocol/compression/index.ts'
import { Campaign, type Finding } from './campaign.ts'
import { keep } from './corpus.ts'
import { servedApis } from './fire.ts'
import { load, pathFor, save } from './progress.ts'

const { values } = parseArgs({
  options: {
    frames: { type: 'string', default: '1000000' },
    batches: { type: 'string', default: '200000' },
    seed: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '0' },
    counter: { type: 'string' },
    fresh: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

/** A corpus is read by people, too. */
const MAX_KEPT_BYTES = 64 * 1024

const USAGE = `npm run fuzz -- [options]
  --frames N     up to frame number N of the seed (1000000)
  --batches N    up to record batch number N (200000)
  --seed S       (1)
  --minutes M    stop after so long; the next call with the same seed and commit goes on (0: run to the end)
  --counter FILE where the count is kept (build/fuzz/seed-S.json); --fresh begins at zero`

if (values.help) console.log(USAGE)
else await main()

async function main(): Promise<void> {
  await ready()
  const seed = numberOf('seed')
  const path = values.counter ?? pathFor(seed)
  const progress = load(seed, path)
  if (values.fresh)
    Object.assign(progress, { frames: 0, batches: 0, verdicts: {}, batchesAccepted: 0, recordsRead: 0, findings: {}, seconds: 0 })
  const minutes = numberOf('minutes')
  const until = minutes > 0 ? performance.now() + minutes * 60_000 : Infinity
  const served = await servedApis()
  console.log(
    `seed ${seed}, commit ${progress.commit}: from frame ${progress.frames} and batch ${progress.batches}; ${served.length} APIs`,
  )
  let told = performance.now()
  await new Campaign(progress, served, report).run({ frames: numberOf('frames'), batches: numberOf('batches'), until }, () => {
    if (performance.now() - told < 10_000) return
    told = performance.now()
    save(progress, path)
    console.log(summary())
  })
  save(progress, path)
  console.log(summary())
  for (const [title, times] of Object.entries(progress.findings)) console.log(`${times} x ${title}`)
  process.exitCode = Object.keys(progress.findings).some((title) => !title.startsWith('untraced')) ? 1 : 0

  function summary(): string {
    const { frames, batches, verdicts, batchesAccepted, recordsRead, seconds, findings } = progress
    const kinds = Object.entries(verdicts).map(([kind, times]) => `${times} ${kind}`)
    return `${frames} frames and ${batches} batches in ${seconds} s: ${kinds.join(', ')}; ${batchesAccepted} batches accepted, ${recordsRead} records read back; ${Object.keys(findings).length} findings`
  }

  function report({ title, detail, inputs, isTraced }: Finding): void {
    console.log(`FOUND ${title}\n${detail}`)
    if (inputs.length === 0 || title.startsWith('untraced')) return
    console.log(
      `${isTraced ? '' : 'one of those from '}${inputs[0]!.kind === 'batch' ? 'batch' : 'frame'} ${inputs[0]!.index} of seed ${seed}`,
    )
    // What is long is made again from its seed and number.
    if (inputs.reduce((sum, { bytes }) => sum + bytes.length, 0) > MAX_KEPT_BYTES) return
    const where = `${isTraced ? '' : 'one of '}${inputs[0]!.kind === 'batch' ? 'batch' : 'frame'} ${inputs[0]!.index} of seed ${seed}`
    const name = title
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .slice(0, 60)
      .replace(/-$/, '')
    console.log(`kept as ${keep(name, `${title} (${where})\n${detail}`, inputs)}`)
  }
}

function numberOf(name: 'frames' | 'batches' | 'seed' | 'minutes'): number {
  const number = Number(values[name])
  if (!Number.isFinite(number) || number < 0) throw new RangeError(`--${name} must be a number, not ${values[name]}`)
  return number
}
