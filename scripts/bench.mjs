#!/usr/bin/env node
/**
 * `npm run bench`: ours and Apache Kafka side by side on this machine, in turns A B A B, medians of several runs. See bench/README.md.
 * Plain JavaScript on Node alone; a JDK and Maven are needed for Apache Kafka and for its Java clients, a C compiler for librdkafka.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, release, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { brokers, isOurs } from '../bench/brokers.mjs'
import { allCases, groups } from '../bench/cases/index.mjs'
import { rdkafkaPerformance, whyNoLibrdkafka } from '../bench/librdkafka.mjs'
import { usePriority } from '../bench/priority.mjs'
import { minutes, secondsOf } from '../bench/progress.mjs'
import { keep, measuredSources, resultsOn } from '../bench/results.mjs'
import { runCases } from '../bench/runner.mjs'
import { markdown } from '../bench/table.mjs'
import { has, projectDir } from '../test/interop/lib/brokers.mjs'
import { kafkaLibs, versions } from '../test/interop/lib/cache.mjs'
import { destroyAll } from '../test/interop/lib/processes.mjs'
import { build } from './build.mjs'
import { fail, setUp } from './setup.mjs'

const text = (value) => ({ type: 'string', default: value })
const flag = (value = false) => ({ type: 'boolean', default: value })
const { values: options } = parseArgs({
  allowNegative: true,
  options: {
    ...{ runs: text('3'), seconds: text('4'), warm: text('10'), repeats: text('2') },
    ...{ cases: text(''), group: text(''), filter: text(''), brokers: text(''), other: text(''), json: text('') },
    ...{ profile: flag(), v8: text('') },
    ...{ 'only-ours': flag(), resume: flag(), priority: flag(true), loop: flag(true) },
    ...{ list: flag(), table: flag(), write: flag(), source: text(''), help: flag() },
  },
})
const usage = `npm run bench -- [options]
  --list           the cases, and how long they take
  --cases a,b      only these, or all of a group; --group ${groups.join('|')} only theirs (several with commas); --filter REGEX
  --runs N         how often every case runs on every broker (3)
  --seconds S      how long a run aims to take (4)
  --warm S         of raw produce and fetch on each broker before anything is measured (10)
  --repeats N      how often a run is measured again while strangers are busy (2)
  --resume         leave out the cases that have a result on these sources
  --no-priority    do not put brokers and load programs above strangers (Linux, root)
  --no-loop        do not watch our event loop
  --profile        tell where the CPU time of ours went, by function; the figures suffer
  --v8 'FLAGS'     try flags of V8 on the broker 'ours' alone, as in --v8=--single-threaded-gc --brokers ours,other --other .
  --only-ours      no Apache Kafka, no JDK
  --brokers a,b    instead of those that a case names: ${Object.keys(brokers).join(', ')}; the first is compared with the second
  --other DIR      the folder of another build of ours (its bin and dist), for the broker 'other'
  --json FILE      every run
  --table          no measurement: the table of what was measured on these sources; --write puts it into bench/README.md;
                   --source TREE of other sources`

const named = options.brokers === '' ? null : options.brokers.split(',')
const settings = {
  ...Object.fromEntries(['runs', 'seconds', 'warm', 'repeats'].map((name) => [name, Number(options[name])])),
  other: options.other,
  withLoop: options.loop,
  profile: options.profile,
  v8: options.v8,
}
const { commit, source } = measuredSources()
const pair = named === null ? ['ours', 'apache'] : [named[0], named[1]]

if (options.help) console.log(usage)
else if (options.list) list(chosen())
else if (options.table) table()
else await measure()

function chosen() {
  const isNamed = (list, name) => list === '' || list.split(',').includes(name)
  const found = allCases.filter(
    ({ name, group }) =>
      (isNamed(options.cases, name) || isNamed(options.cases, group)) &&
      isNamed(options.group, group) &&
      new RegExp(options.filter).test(name),
  )
  const isKnown = (name) => name === '' || groups.includes(name) || allCases.some((each) => each.name === name)
  const unknown = options.cases.split(',').filter((name) => !isKnown(name))
  if (unknown.length > 0) fail(`There is no case ${unknown.join(', ')}; --list shows them.`)
  const strange = (named ?? []).filter((name) => brokers[name] === undefined)
  if (strange.length > 0) fail(`There is no broker ${strange.join(', ')}; --help shows them.`)
  if (named?.some((name) => brokers[name].isOther) && options.other === '') fail('--other DIR says where the other build is.')
  return found.map((each) => ({ ...each, brokers: named ?? each.brokers }))
}

function list(cases) {
  for (const each of cases)
    console.log(
      `${each.name.padEnd(29)} ${each.group.padEnd(11)} ${minutes(secondsOf(each, settings)).padStart(6)}  ${each.about}`,
    )
  const sum = cases.reduce((all, each) => all + secondsOf(each, settings), 0)
  console.log(
    `about ${minutes(sum + 4 * (settings.warm + 4))} with ${settings.runs} runs of ${settings.seconds} s, on a quiet machine`,
  )
}

async function measure() {
  const workDir = mkdtempSync(join(process.env.TMPDIR || tmpdir(), 'odradek-bench-'))
  // Also when somebody presses Ctrl-C: there may be many gigabytes in it.
  process.on('exit', () => {
    destroyAll()
    rmSync(workDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  })
  process.exitCode = (await measureIn(workDir)) ? 0 : 1
}

async function measureIn(workDir) {
  const withJava = !options['only-ours'] && (await has('java')) && (await has('mvn'))
  const { cases, rdkafka } = await runnable(chosen(), withJava)
  const left = options.resume ? cases.filter(({ name }) => !resultsOn(source).some((each) => isDone(each, name))) : cases
  if (left.length === 0) return true
  if (!process.env.ODRADEK_BUILD && left.some((each) => each.brokers.some(isOurs))) {
    setUp()
    if (!(await build())) fail('The sources do not compile (see above).')
  }
  const libs = withJava ? await kafkaLibs() : null
  console.error(usePriority(options.priority))
  // A result is of ours, as it is, beside Apache's: not of one of them, of two others, or of an experiment.
  const isUsual = named === null && withJava && !options.profile && options.v8 === ''
  const results = []
  const isGood = await runCases(left, { ...settings, workDir, libs, rdkafka }, ({ name }, runs) => {
    results.push({ case: name, commit, source, date: new Date().toISOString(), conditions: conditions(), runs })
    if (isUsual) keep(results.at(-1))
  })
  console.log(`\n${markdown(left, results, pair)}\n\n${conditions()}, commit ${commit}.`)
  if (options.json) writeFileSync(options.json, `${JSON.stringify(results, null, 1)}\n`)
  return isGood
}

/** A result counts when as many runs as asked for went well. */
function isDone(result, name) {
  const goodOf = (broker) => result.runs.filter((run) => run.broker === broker && run.error === undefined).length
  return result.case === name && result.runs.every(({ broker }) => goodOf(broker) >= settings.runs)
}

/** What this machine can run of the cases; the rest is told with its reason. */
async function runnable(cases, withJava) {
  const why = {
    java: withJava ? null : options['only-ours'] ? 'only ours is asked for' : 'there is no java or no mvn here',
    librdkafka: cases.some(({ needs }) => needs === 'librdkafka') ? await whyNoLibrdkafka() : null,
  }
  if (why.java !== null) console.error(`no Apache Kafka: ${why.java}`)
  for (const { name, needs } of cases) if (needs && why[needs]) console.error(`${name}: skipped, because ${why[needs]}`)
  const kept = cases
    .filter(({ needs }) => !needs || why[needs] === null)
    .map((each) => ({ ...each, brokers: each.brokers.filter((name) => withJava || isOurs(name)) }))
    .filter((each) => each.brokers.length > 0)
  return { cases: kept, rdkafka: kept.some(({ needs }) => needs === 'librdkafka') ? await rdkafkaPerformance() : null }
}

function table() {
  const results = resultsOn(options.source || source)
  const commits = [...new Set(results.map((each) => `commit ${each.commit}: ${each.conditions}`))]
  const text = `${markdown(chosen(), results)}\n\n${commits.join('\n\n')}`
  if (!options.write) return console.log(text)
  const file = join(projectDir, 'bench/README.md')
  const page = readFileSync(file, 'utf8')
  const [begin, end] = ['<!-- table: made by npm run bench -- --table --write -->', '<!-- end of table -->']
  if (!page.includes(begin) || !page.includes(end)) fail(`${file} has no place for the table: ${begin} ... ${end}`)
  const [before, after] = [page.slice(0, page.indexOf(begin) + begin.length), page.slice(page.indexOf(end))]
  writeFileSync(file, `${before}\n${text}\n${after}`)
}

function conditions() {
  const memory = Math.round(totalmem() / 2 ** 30)
  const machine = `${availableParallelism()} cores ${cpus()[0].model}, ${memory} GiB, ${process.platform} ${release()}`
  return `${new Date().toISOString().slice(0, 10)}, ${machine}, Node ${process.version}, Apache Kafka ${versions.kafka}, ${settings.runs} runs of ${settings.seconds} s, clients on the same machine`
}
