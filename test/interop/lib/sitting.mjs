/** One judge sits: in a working folder of its own, under its time limit, with the brokers it asks for; what it found is compared with what was expected. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { has, startBroker, tail } from './brokers.mjs'
import { compare, Report } from './report.mjs'

/**
 * Runs one judge with the options of `npm run interop`. Resolves with its row: `outcomes` by the tests' names, `verdict` (see `compare`), `ok`, `minutes`,
 * or `skipped`, which says what is absent here.
 */
export async function sit(judge, expected, options) {
  const startedAt = performance.now()
  console.log(`\n== ${judge.name}: ${judge.about}`)
  const absent = await whatIsAbsent(judge, options)
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

async function whatIsAbsent(judge, options) {
  if (options.bootstrap && judge.startsBrokers) return 'it starts and kills brokers itself (--bootstrap was given)'
  const missing = []
  for (const need of judge.needs) if (!(await isHere(need, options))) missing.push(need === 'shared' ? options.shared : need)
  return missing.length > 0 ? `${missing.join(', ')} not found` : null
}

/** `need`: a program, one of several ("prometheus or apt-get"), or the shared folder. */
async function isHere(need, options) {
  if (need === 'shared') return existsSync(options.shared)
  for (const program of need.split(' or ')) if (await has(program)) return true
  return false
}
