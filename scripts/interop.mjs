#!/usr/bin/env node
/**
 * `npm run interop`: foreign clients and tools judge the broker. Each judge is a folder of test/interop; see its README.
 * Plain JavaScript on Node alone; it builds the broker it starts.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { judges } from '../test/interop/judges.mjs'
import { projectDir } from '../test/interop/lib/brokers.mjs'
import { sitApart } from '../test/interop/lib/lanes.mjs'
import { destroyAll } from '../test/interop/lib/processes.mjs'
import { sit } from '../test/interop/lib/sitting.mjs'
import { build } from './build.mjs'
import { fail, setUp } from './setup.mjs'

const usage = `npm run interop -- [options]
  --only REGEX         run only the judges whose name matches
  --bootstrap H:P      judge the broker that answers there; judges that must start and kill brokers are skipped
  --broker ours|apache what to start (ours); apache judges the judges
  --require-peers      a judge that cannot run here for want of a program or of ../shared is a failure
  --shared DIR         where the shared folder lies (../shared)
  --at-once N          let N judges sit at the same time, each in a process of its own (1); most of them wait more than they work
  --json FILE          write all outcomes there
  --update-expected    write the failures of the judges that ran into expected-failures.json (reasons that stand there are kept)
  --update-pending     write the golden cases that differ into golden-pending.json
  --whole              all of what a usual run takes a share of: other people's suites on three brokers, migrations, answers of later APIs
  --keep               keep the working folders
  --list               print the judges`

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    bootstrap: { type: 'string' },
    broker: { type: 'string', default: 'ours' },
    'require-peers': { type: 'boolean', default: false },
    shared: { type: 'string', default: join(projectDir, '../shared') },
    'at-once': { type: 'string', default: '1' },
    json: { type: 'string' },
    whole: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
    'update-pending': { type: 'boolean', default: false },
    'update-expected': { type: 'boolean', default: false },
  },
})

const expectedFile = join(projectDir, 'test/interop/expected-failures.json')
const wanted = judges.filter(({ name }) => new RegExp(options.only).test(name))
if (wanted.length === 0) {
  console.error(`--only ${options.only} is the name of no judge; there are ${judges.map(({ name }) => name).join(', ')}`)
  process.exit(1)
}

if (options.help) {
  console.log(usage)
} else if (options.list) {
  for (const judge of judges) console.log(`${judge.name.padEnd(18)} ${judge.about}  [${judge.needs.join(' ')}]`)
} else {
  await main()
}

async function main() {
  mkdirSync(process.env.TMPDIR || tmpdir(), { recursive: true })
  if (options.broker === 'ours' && !options.bootstrap && !process.env.ODRADEK_BUILD) {
    setUp()
    if (!(await build())) fail('The sources do not compile (see above).')
  }
  const startedAt = performance.now()
  // Expected failures belong to our broker: Apache's own has none.
  const expected = options.broker === 'ours' ? JSON.parse(readFileSync(expectedFile, 'utf8')) : {}
  const atOnce = Number(options['at-once'])
  if (!(Number.isInteger(atOnce) && atOnce > 0)) fail(`--at-once ${options['at-once']} is not a number of judges, 1 or more.`)
  const rows =
    atOnce > 1
      ? await sitApart(wanted, atOnce, process.argv.slice(2))
      : await inTurn(wanted, (judge) => sit(judge, { ...expected[judge.expectedAs], ...expected[judge.name] }, options))
  printSummary(rows, (performance.now() - startedAt) / 60_000)
  if (options.json) writeFileSync(options.json, `${JSON.stringify(rows.map(asJson), null, 1)}\n`)
  if (options['update-expected'] && options.broker === 'ours') writeExpected(expected, rows)
  destroyAll()
  process.exit(rows.length > 0 && rows.every((row) => row.ok) ? 0 : 1)
}

async function inTurn(all, act) {
  const rows = []
  for (const each of all) rows.push(await act(each))
  return rows
}

function printSummary(rows, minutes) {
  console.log('\njudge                passed  failed (expected)  skipped')
  const total = { passed: 0, failed: 0, skipped: 0, expected: 0 }
  for (const row of rows) {
    const count = { passed: 0, failed: 0, skipped: 0, expected: row.verdict?.expected.length ?? 0 }
    for (const { outcome } of row.outcomes.values()) count[outcome]++
    for (const key of Object.keys(total)) total[key] += count[key]
    console.log(
      `${row.judge.name.padEnd(20)} ${row.skipped ? `SKIPPED ${row.skipped}` : line(count)}${row.ok ? '' : '  <- NOT AS EXPECTED'}`,
    )
  }
  console.log(
    `${'all'.padEnd(20)} ${line(total)}  in ${minutes.toFixed(1)} minutes; ${rows.filter((row) => row.skipped).length} judges SKIPPED`,
  )
  for (const { judge, verdict } of rows) {
    for (const name of verdict?.unexpected ?? []) console.log(`FAILED ${judge.name} / ${name}`)
    for (const name of verdict?.surprising ?? [])
      console.log(`PASSED though expected to fail: delete ${judge.name} / ${name} from ${expectedFile}`)
    for (const name of verdict?.unknown ?? [])
      console.log(`NOT RUN though listed: ${judge.name} / ${name} (renamed? gone?) in ${expectedFile}`)
  }

  function line(count) {
    return `${String(count.passed).padStart(6)} ${String(count.failed).padStart(7)} ${`(${count.expected})`.padStart(10)} ${String(count.skipped).padStart(8)}`
  }
}

/** Replaces what is expected of the judges that ran by what they found; for a new failure its message stands in for a reason. */
function writeExpected(expected, rows) {
  for (const { judge, outcomes, skipped } of rows) {
    if (skipped) continue
    const failed = [...outcomes].filter(([, { outcome }]) => outcome === 'failed')
    const known = expected[judge.name] ?? {}
    expected[judge.name] = Object.fromEntries(
      failed.map(([name, { why }]) => [name, known[name] ?? why.split('\n')[0].slice(0, 160)]),
    )
    if (failed.length === 0) delete expected[judge.name]
  }
  writeFileSync(expectedFile, `${JSON.stringify(expected, null, 2)}\n`)
}

function asJson({ judge, outcomes, skipped, ok, minutes, verdict }) {
  return { judge: judge.name, ok, skipped, minutes, verdict, outcomes: Object.fromEntries(outcomes) }
}
