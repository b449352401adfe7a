#!/usr/bin/env node
/**
 * `npm run interop`: foreign clients and tools judge the broker. Each judge is a folder of test/interop; see its README.
 * Plain JavaScript on Node alone; it builds the broker it starts.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { judges } from '../test/interop/judges.mjs'
import { has, projectDir, startBroker, tail } from '../test/interop/lib/brokers.mjs'
import { destroyAll } from '../test/interop/lib/processes.mjs'
import { compare, Report } from '../test/interop/lib/report.mjs'
import { build } from './build.mjs'
import { fail, setUp } from './setup.mjs'

const usage = `npm run interop -- [options]
  --only REGEX         run only the judges whose name matches
  --bootstrap H:P      judge the broker that answers there; judges that must start and kill brokers are skipped
  --broker ours|apache what to start (ours); apache judges the judges
  --require-peers      a judge that cannot run here for want of a program or of ../shared is a failure
  --shared DIR         where the shared folder lies (../shared)
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
  const rows = []
  for (const judge of wanted) rows.push(await runJudge(judge, { ...expected[judge.expectedAs], ...expected[judge.name] }))
  printSummary(rows, (performance.now() - startedAt) / 60_000)
  if (options.json) writeFileSync(options.json, `${JSON.stringify(rows.map(asJson), null, 1)}\n`)
  if (options['update-expected'] && options.broker === 'ours') writeExpected(expected, rows)
  destroyAll()
  process.exit(rows.length > 0 && rows.every((row) => row.ok) ? 0 : 1)
}

/** Runs one judge in a working folder of its own and compares what it found with what was expected. */
async function runJudge(judge, expected) {
  const startedAt = performance.now()
  console.log(`\n== ${judge.name}: ${judge.about}`)
  const absent = await whatIsAbsent(judge)
  if (absent) {
    console.log(`  SKIPPED: ${absent}`)
    return { judge, skipped: absent, outcomes: new Map(), ok: !options['require-peers'] || options.bootstrap !== undefined }
  }
  const report = new Report(judge.name)
  const workDir = mkdtempSync(join(process.env.TMPDIR || tmpdir(), `odradek-${judge.name}-`))
  const brokers = []
  const start = async (settings) => {
    const broker = await startBroker({ kind: options.broker, dir: join(workDir, `broker-${brokers.length}`), ...settings })
    brokers.push(broker)
    return broker
  }
  const complete = await withinLimit(judge, report, async () => {
    const tools = await judge.install?.({ sharedDir: options.shared })
    const broker =
      judge.startsBrokers || options.bootstrap
        ? null
        : await start({ overrides: { ...judge.overrides, ...(options.broker === 'apache' && judge.apacheOverrides) } })
    const bootstrap = options.bootstrap ?? broker?.bootstrap
    await judge.run({
      bootstrap,
      report,
      tools,
      workDir,
      startBroker: start,
      kind: options.broker,
      sharedDir: options.shared,
      options,
    })
    await stopAndCheck(broker, report)
  })
  for (const broker of brokers) await broker.kill()
  const verdict = compare(report.outcomes, expected)
  if (judge.isShare?.(options)) verdict.unknown = []
  const ok = complete && verdict.unexpected.length === 0 && verdict.surprising.length === 0 && verdict.unknown.length === 0
  if (!ok) for (const broker of brokers) console.log(`  broker said:\n${tail(broker.output, 12).replace(/^/gm, '    | ')}`)
  if (ok && !options.keep) rmSync(workDir, { recursive: true, force: true })
  else console.log(`  files: ${workDir}`)
  return { judge, outcomes: report.outcomes, verdict, ok, minutes: (performance.now() - startedAt) / 60_000 }
}

/** A judge must leave the broker alive, and the broker must stop when told. */
async function stopAndCheck(broker, report) {
  if (!broker) return
  await report.test(
    'the broker lives through it and stops when told',
    async () => {
      if (broker.child.exited) throw new Error(`it ended with ${JSON.stringify(broker.child.exited)}: ${tail(broker.output, 5)}`)
      const { code, signal, ms } = await broker.stop()
      if (signal === 'SIGKILL') throw new Error('it did not stop within a minute')
      if (broker.kind === 'ours' && code !== 0) throw new Error(`it ended with ${code ?? signal} after ${Math.round(ms)} ms`)
    },
    { timeoutMs: 90_000 },
  )
}

/** Runs the body under the judge's own time limit; whatever it throws is a failure named after what it did last. */
async function withinLimit(judge, report, body) {
  const minutes = judge.minutes ?? 5
  let limit
  const late = new Promise((_, reject) => {
    limit = setTimeout(() => reject(new Error(`took longer than ${minutes} minutes`)), minutes * 60_000)
  })
  try {
    await Promise.race([body(), late])
    return true
  } catch (error) {
    report.record('the judge runs to its end', 'failed', error.stack ?? String(error))
    return false
  } finally {
    clearTimeout(limit)
  }
}

async function whatIsAbsent(judge) {
  if (options.bootstrap && judge.startsBrokers) return 'it starts and kills brokers itself (--bootstrap was given)'
  const missing = []
  for (const need of judge.needs) {
    if (need === 'shared' ? !existsSync(options.shared) : !(await has(need)))
      missing.push(need === 'shared' ? options.shared : need)
  }
  return missing.length > 0 ? `${missing.join(', ')} not found` : null
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
