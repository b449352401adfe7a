#!/usr/bin/env node
/**
 * `npm run bench`: ours and Apache Kafka side by side on this machine, in turns A B A B, medians of several runs. See bench/README.md.
 * Plain JavaScript on Node alone; a JDK and Maven are needed for Apache Kafka and for its Java clients.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, release, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { load, withTopic } from '../bench/clients.mjs'
import { lifeCases } from '../bench/life-cases.mjs'
import { loadCases } from '../bench/load-cases.mjs'
import { measured, rssOf } from '../bench/measure.mjs'
import { markdown, round, summarize } from '../bench/table.mjs'
import { has, startBroker } from '../test/interop/lib/brokers.mjs'
import { kafkaLibs, versions } from '../test/interop/lib/cache.mjs'
import { destroyAll } from '../test/interop/lib/processes.mjs'
import { build } from './build.mjs'
import { fail, setUp } from './setup.mjs'

const { values: options } = parseArgs({
  options: {
    runs: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '6' },
    cases: { type: 'string' },
    filter: { type: 'string', default: '' },
    json: { type: 'string' },
    'only-ours': { type: 'boolean', default: false },
    brokers: { type: 'string' },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const usage = `npm run bench -- [options]
  --runs N         how often every case runs on every broker (3)
  --seconds S      how long a run aims to take (6)
  --cases a,b      only these; --filter REGEX only those whose name matches; --list prints them
  --only-ours      no Apache Kafka, no JDK
  --brokers a,b    of: ours, apache, ours-fsync, apache-again; the first is compared with the second
  --json FILE      every run and the medians`

/** Ours as Apache does it (no flush before the answer), ours as it is by default, and Apache Kafka. */
const kinds = {
  ours: { kind: 'ours', overrides: { 'log.flush.policy': 'os' } },
  'ours-fsync': { kind: 'ours', overrides: {} },
  apache: { kind: 'apache', overrides: {} },
  // Apache against itself shows how much two equal brokers differ on this machine.
  'apache-again': { kind: 'apache', overrides: {} },
}
// Deleted topics leave the disk at once, so that one case does not slow the next.
const common = { 'group.initial.rebalance.delay.ms': '0', 'log.segment.delete.delay.ms': '1000' }

const allCases = [...lifeCases.slice(0, 2), ...loadCases, ...lifeCases.slice(2)]
const chosen = allCases.filter(
  ({ name }) => (options.cases?.split(',').includes(name) ?? true) && new RegExp(options.filter).test(name),
)
const seconds = Number(options.seconds)
const workDir = mkdtempSync(join(process.env.TMPDIR || tmpdir(), 'odradek-bench-'))
const runs = []

if (options.help) console.log(usage)
else if (options.list) for (const { name, about } of allCases) console.log(`${name.padEnd(20)} ${about}`)
else await main()
rmSync(workDir, { recursive: true, force: true })

async function main() {
  const withJava = !options['only-ours'] && (await has('java')) && (await has('mvn'))
  if (!withJava && !options['only-ours']) console.error('no java or mvn here: only ours, without the Java clients')
  const libs = withJava ? await kafkaLibs() : null
  const names = options.brokers?.split(',') ?? (withJava ? ['ours', 'apache', 'ours-fsync'] : ['ours', 'ours-fsync'])
  if (names.some((name) => kinds[name].kind === 'ours') && !process.env.ODRADEK_BUILD) {
    setUp()
    if (!(await build())) fail('The sources do not compile (see above).')
  }
  const life = chosen.filter((each) => lifeCases.includes(each))
  const loads = chosen.filter((each) => loadCases.includes(each) && (libs !== null || !each.needsJava))
  await runLoads(loads, names, libs)
  for (const each of life) await runLife(each, names)
  const summary = summarize(runs)
  console.log(`\n${markdown(chosen, summary, names)}\n\n${conditions()}`)
  if (options.json) writeFileSync(options.json, `${JSON.stringify({ conditions: conditions(), summary, runs }, null, 1)}\n`)
  destroyAll()
  process.exitCode = runs.some((each) => each.error !== undefined) ? 1 : 0
}

/** All brokers run through all load cases; in each case they take turns. */
async function runLoads(cases, names, libs) {
  if (cases.length === 0) return
  const brokers = []
  for (const name of names) brokers.push({ name, ...(await startNamed(name, join(workDir, name))) })
  for (const broker of brokers) await warmUp(broker)
  for (const each of cases) {
    const context = new Map()
    for (const broker of brokers) {
      if (broker.name === 'ours-fsync' && !each.alsoWithFsync) continue
      const settings = { seconds, libs }
      await note(each, broker.name, -1, async () => {
        context.set(broker, { ...settings, prepared: await each.prepare?.(broker, settings) })
      })
    }
    for (let turn = 0; turn < Number(options.runs); turn++) {
      for (const [broker, prepared] of context)
        await note(each, broker.name, turn, () => measured(broker, () => each.run(broker, prepared)))
    }
    for (const [broker, { prepared }] of context) await each.clean?.(broker, prepared)
  }
  for (const broker of brokers) {
    console.error(`${broker.name}: RSS after all load ${round(rssOf(broker.pid))} MiB`)
    await broker.stop()
  }
}

/** A JIT compiler has seen everything once before anything is measured. */
async function warmUp(broker) {
  await withTopic(broker, 12, async (topic) => {
    const settings = { bootstrap: broker.bootstrap, topic, partitions: 12, connections: 12, inFlight: 2, seconds: 5 }
    await load('produce', { ...settings, records: 16, size: 1024 })
    await load('fetch', { ...settings, connections: 4 })
  })
}

/** A case of this kind has directories and brokers of its own, one after the other. */
async function runLife(each, names) {
  const takePart = names.filter((name) => (each.onlyOurs ? name === 'ours' : name !== 'ours-fsync'))
  for (let turn = 0; turn < Number(options.runs); turn++) {
    for (const name of takePart) {
      const dir = join(workDir, `${each.name}-${name}-${turn}`)
      await note(each, name, turn, () => each.run((where, port) => startNamed(name, where, port), dir))
      destroyAll() // of a case that failed half-way
      rmSync(dir, { recursive: true, force: true })
    }
  }
}

function startNamed(name, dir, port) {
  const { kind, overrides } = kinds[name]
  return startBroker({ kind, dir, port, overrides: { ...common, ...overrides }, readyMs: 180_000 })
}

/** Notes one run, or its failure; what only prepares (turn -1) is noted when it fails. */
async function note(each, broker, turn, action) {
  let result
  try {
    result = { figures: await action() }
    if (turn < 0) return
  } catch (error) {
    result = { figures: {}, error: error.message }
  }
  runs.push({ case: each.name, broker, turn, ...result })
  const figures = Object.entries(result.figures).filter(([name, value]) => Number.isFinite(value) && name !== 'bytes')
  console.error(
    `${each.name} [${broker}] #${turn < 0 ? 'preparing' : turn + 1} ${result.error ?? figures.map(([name, value]) => `${name} ${round(value)}`).join(', ')}`,
  )
}

function conditions() {
  const memory = Math.round(totalmem() / 2 ** 30)
  return `${new Date().toISOString().slice(0, 10)}, ${availableParallelism()} cores ${cpus()[0].model}, ${memory} GiB, ${process.platform} ${release()}, Node ${process.version}, Apache Kafka ${versions.kafka}, ${options.runs} runs of ${options.seconds} s, clients on the same machine.`
}
