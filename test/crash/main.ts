// npm run crash: campaigns from the command line. Each does a share and adds it to its counter file.

import { parseArgs } from 'node:util'
import { ready } from '../../src/protocol/compression/index.ts'
import type { Campaign } from './campaign.ts'
import { campaigns } from './campaigns.ts'
import { runShare } from './share.ts'
import { table } from './table.ts'

const USAGE = `npm run crash -- [options]
  --only NAME      one campaign: ${campaigns.map(({ name }) => name).join(', ')}
  --times N        so much of it, where it can be counted
  --minutes M      stop each campaign after so long
  --until-target   go on until the totals reach the targets
  --case N         one numbered case again, with all that is known of it (with --only)
  --apache         with Apache's brokers, for figures beside ours; not counted (campaigns of clusters without ZooKeeper)
  --skip-missing   what this machine lacks is no failure
  --list           the totals so far

  npm run crash                                     a share of everything, 2 to 5 minutes; not counted where the targets are reached
  npm run crash -- --only kill --times 200
  npm run crash -- --only files --until-target
  npm run crash -- --only files --case 4711

The counts are kept in test/campaigns, by commit: a campaign may spread over days.`

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    times: { type: 'string' },
    minutes: { type: 'string' },
    'until-target': { type: 'boolean', default: false },
    case: { type: 'string' },
    apache: { type: 'boolean', default: false },
    'skip-missing': { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

const wanted = campaigns.filter(({ name }) => values.only === undefined || name === values.only)

if (values.help) console.log(USAGE)
else if (wanted.length === 0) refuse(`there is no campaign "${values.only}"; see --help`)
else if (values.apache && !wanted.every(({ takesApache }) => takesApache))
  refuse('--apache needs --only with a campaign of a cluster')
else if (values.case !== undefined) await repeatCase(wanted, numberOf('case', values.case))
else await main()

async function main(): Promise<void> {
  await ready()
  const outcomes = new Map<string, string>()
  for (const campaign of values.list ? [] : wanted) {
    console.log(`\n== ${campaign.name}: ${campaign.about}`)
    outcomes.set(campaign.name, await runShare(campaign, wish()))
  }
  console.log(table(wanted, outcomes))
  if ([...outcomes.values()].some((outcome) => !/^(passed|skipped)/.test(outcome))) process.exitCode = 1
}

function wish() {
  const { times, minutes, 'until-target': untilTarget, 'skip-missing': skipMissing, apache } = values
  return {
    ...(times === undefined ? {} : { times: numberOf('times', times) }),
    ...(minutes === undefined ? {} : { minutes: numberOf('minutes', minutes) }),
    untilTarget,
    skipMissing,
    apache,
  }
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
