// npm run crash: campaigns from the command line. Each does a share and adds it to its counter file.

import { parseArgs } from 'node:util'
import { ready } from '../../src/protocol/compression/index.ts'
import { openCounters } from '../support/counter-file.ts'
import { type Campaign, Missing } from './campaign.ts'
import { campaigns } from './campaigns.ts'
import { Progress } from './progress.ts'
import { table } from './table.ts'

const USAGE = `npm run crash -- [options]
  --only NAME      one campaign: ${campaigns.map(({ name }) => name).join(', ')}
  --times N        so much of it, where it can be counted
  --minutes M      stop each campaign after so long (1.5)
  --until-target   go on until the totals reach the targets
  --case N         one numbered case again, with all that is known of it (with --only)
  --skip-missing   what this machine lacks is no failure
  --list           the totals so far

  npm run crash                                     a share of everything
  npm run crash -- --only kill --times 200
  npm run crash -- --only files --until-target
  npm run crash -- --only files --case 4711

The counts are kept in test/campaigns, by commit: a campaign may spread over days.`

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    times: { type: 'string' },
    minutes: { type: 'string', default: '1.5' },
    'until-target': { type: 'boolean', default: false },
    case: { type: 'string' },
    'skip-missing': { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

const wanted = campaigns.filter(({ name }) => values.only === undefined || name === values.only)

if (values.help) console.log(USAGE)
else if (wanted.length === 0) refuse(`there is no campaign "${values.only}"; see --help`)
else if (values.case !== undefined) await repeatCase(wanted, numberOf('case', values.case))
else await main()

async function main(): Promise<void> {
  await ready()
  const outcomes = new Map<string, string>()
  if (!values.list) for (const campaign of wanted) outcomes.set(campaign.name, await runShare(campaign))
  console.log(table(wanted, outcomes))
  if ([...outcomes.values()].some((outcome) => outcome !== 'passed' && !outcome.startsWith('skipped'))) process.exitCode = 1
}

/** How it went, in a few words; nothing but `passed` is good. */
async function runShare(campaign: Campaign): Promise<string> {
  const { name, about, goals } = campaign
  console.log(`\n== ${name}: ${about}`)
  const counters = openCounters(name)
  const [goal] = goals
  const missing = Math.max(0, goal!.target - counters.total(goal!.count))
  const times = values.times ? numberOf('times', values.times) : values['until-target'] ? missing : Infinity
  const isTimed = values.times === undefined && !values['until-target']
  const until = isTimed ? performance.now() + numberOf('minutes', values.minutes) * 60_000 : Infinity
  if (times === 0) return 'passed'
  const progress = new Progress(name, times, until)
  try {
    await campaign.run({
      counters,
      times,
      isOver: () => performance.now() >= until,
      progress: (done) => progress.reached(done),
      say: (line) => console.log(line),
    })
  } catch (thrown) {
    if (thrown instanceof Missing) {
      console.log(thrown.message)
      return values['skip-missing'] ? `skipped: ${thrown.message}` : 'something is missing'
    }
    const detail = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)
    console.log(`FAILED ${detail}`)
    counters.fail(detail.split('\n')[0]!, `npm run crash -- --only ${name}`)
  } finally {
    counters.save()
  }
  return counters.failuresHere === 0 ? 'passed' : `FAILED ${counters.failuresHere} times`
}

async function repeatCase(found: readonly Campaign[], number: number): Promise<void> {
  const [campaign] = found
  if (found.length !== 1 || !campaign?.repeat) return refuse('--case needs --only with a campaign whose cases have numbers')
  await ready()
  await campaign.repeat(number, (line) => console.log(line))
}

function numberOf(name: string, text: string): number {
  const number = Number(text)
  if (text.trim() !== '' && Number.isFinite(number) && number >= 0) return number
  refuse(`--${name} must be a number, not "${text}"`)
  process.exit()
}

function refuse(why: string): void {
  console.error(why)
  process.exitCode = 1
}
