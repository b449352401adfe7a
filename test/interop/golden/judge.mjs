/**
 * The recorded exchanges with Apache Kafka 4.2, replayed on a fresh broker and compared. A case counts as a must when its API is served;
 * must-cases that may still differ stand in golden-pending.json, a list that may only shrink (`--update-pending` writes it anew).
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run, runThroughFile } from '../lib/processes.mjs'
import { laterGroups, servedApis } from './served.mjs'

const pendingFile = join(import.meta.dirname, '../golden-pending.json')

/** The settings that the corpus assumes (kafka/README.md of the shared folder). */
const overrides = {
  'auto.create.topics.enable': 'false',
  'num.partitions': '1',
  'group.initial.rebalance.delay.ms': '0',
  'offsets.topic.num.partitions': '4',
  'transaction.state.log.num.partitions': '4',
  'share.coordinator.state.topic.num.partitions': '4',
}
/** The corpus was recorded on a node formatted with static voters (kraft.version 0); a standalone one finalises kraft.version 1. */
const differsByFormat = ['apiversions/v3', 'apiversions/v4']
const assumedDir = '/tmp/kraft-combined-logs'

export const judge = {
  name: 'golden',
  about: 'recorded answers of Apache Kafka 4.2, replayed: equal and different, per group',
  needs: ['shared'],
  startsBrokers: true,
  minutes: 10,

  async run({ report, workDir, startBroker, sharedDir, kind, options }) {
    const golden = join(sharedDir, 'kafka/golden')
    const recorded = join(golden, 'apache-kafka-4.2.0.json')
    const mine = join(workDir, 'mine.json')
    const logDirs = claimAssumedDir() ? { 'log.dirs': assumedDir } : {}
    try {
      const broker = await startBroker({ overrides: { ...overrides, ...logDirs } })
      const capture = [join(golden, 'capture.mjs'), '--bootstrap', broker.bootstrap, '--out', mine]
      const { stderr } = await run(process.execPath, capture, { timeoutMs: 480_000 })
      await report.test('the corpus runs to its end', () => {
        if (!existsSync(mine)) throw new Error(stderr.slice(-500))
      })
      await broker.stop()
    } finally {
      if (logDirs['log.dirs']) rmSync(assumedDir, { recursive: true, force: true })
    }
    const compared = await runThroughFile(process.execPath, [join(golden, 'compare.mjs'), recorded, mine, '--max', '5000'])
    const different = new Set([...compared.stdout.matchAll(/^(?:DIFF|MISSING) (.+)$/gm)].map(([, id]) => id))
    const cases = JSON.parse(readFileSync(recorded, 'utf8')).cases.filter((each) => !each.unstable)
    const must = cases.filter(isMust).map(({ id }) => id)
    if (options['update-pending'] && kind === 'ours') writePending(must.filter((id) => different.has(id)))
    const pending = kind === 'ours' ? JSON.parse(readFileSync(pendingFile, 'utf8')) : differsByFormat
    judgeGroups({ report, must, different, pending })
    tellCounts(cases, new Set(must), different)
    report.record('all cases were replayed', compared.stdout.includes('TOTAL') ? 'passed' : 'failed', compared.stderr.slice(-300))
  },
}

/** Some answers hold the directory's name. It is ours for the time being, unless something is there already. */
function claimAssumedDir() {
  try {
    mkdirSync(assumedDir)
    return true
  } catch {
    console.log(`  ${assumedDir} exists: another directory is used, answers that name it will differ`)
    return false
  }
}

const groupOf = (id) => id.split('/')[0]

function isMust({ id, api }) {
  return !laterGroups.has(groupOf(id)) && (api === undefined || api === null || servedApis.has(api))
}

function judgeGroups({ report, must, different, pending }) {
  const known = new Set(pending)
  for (const group of new Set(must.map(groupOf))) {
    const ids = must.filter((id) => groupOf(id) === group)
    const wrong = ids.filter((id) => different.has(id) && !known.has(id))
    const better = ids.filter((id) => !different.has(id) && known.has(id))
    const equal = ids.filter((id) => !different.has(id)).length
    const told = [
      wrong.length > 0 ? `differ: ${wrong.join(' ')}` : '',
      better.length > 0 ? `equal now, delete from golden-pending.json: ${better.join(' ')}` : '',
    ].join(' ')
    report.record(`${group}`, told.trim() === '' ? 'passed' : 'failed', `${equal} of ${ids.length} equal ${told}`)
  }
  const gone = pending.filter((id) => !must.includes(id))
  if (gone.length > 0) report.record('golden-pending.json names cases of the corpus', 'failed', gone.join(' '))
}

function tellCounts(cases, must, different) {
  const count = (some) => `${some.filter(({ id }) => !different.has(id)).length} of ${some.length} equal`
  const later = cases.filter(({ id }) => !must.has(id))
  console.log(
    `  all ${count(cases)}; of served APIs ${count(cases.filter(({ id }) => must.has(id)))}; of later ones ${count(later)}`,
  )
  for (const group of new Set(cases.map(({ id }) => groupOf(id)))) {
    const ids = cases.filter(({ id }) => groupOf(id) === group)
    console.log(
      `    ${group.padEnd(16)} must ${count(ids.filter(({ id }) => must.has(id))).padEnd(20)} later ${count(ids.filter(({ id }) => !must.has(id)))}`,
    )
  }
}

function writePending(ids) {
  writeFileSync(pendingFile, `${JSON.stringify(ids.toSorted(), null, 1)}\n`)
  console.log(`  wrote ${ids.length} cases to ${pendingFile}`)
}
