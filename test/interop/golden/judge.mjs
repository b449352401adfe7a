/**
 * The recorded exchanges with Apache Kafka 4.2, replayed on a fresh broker and compared. A case counts as a must when its API is served;
 * must-cases that may still differ stand in golden-pending.json, a list that may only shrink (`--update-pending` writes it anew).
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../lib/processes.mjs'
import { sameAnswer } from './same-answer.mjs'
import { isMust } from './served.mjs'
import { assumedDir, overrides } from './settings.mjs'

/** Ours formats for kraft.version 1, the recorded node was formatted for 0: voters have directory ids. `npm test` compares it in the format recorded. */
const differsByOurFormat = ['admin/quorum-v2']
const pendingFile = join(import.meta.dirname, '../golden-pending.json')

/** Groups of later APIs take longer than all others; a usual run leaves them out, but for what shows in answers that count: a group's configuration. */
const neededByOthers = ['sharegroups']

/** The corpus was recorded on a node formatted with static voters (kraft.version 0); a standalone one finalises kraft.version 1. */
const differsByFormat = ['apiversions/v3', 'apiversions/v4']

export const judge = {
  name: 'golden',
  about: 'recorded answers of Apache Kafka 4.2, replayed: equal and different, per group',
  needs: ['shared'],
  startsBrokers: true,
  isShare: ({ whole }) => !whole,
  minutes: 10,

  async run({ report, workDir, startBroker, sharedDir, kind, options }) {
    const golden = join(sharedDir, 'kafka/golden')
    const recorded = join(golden, 'apache-kafka-4.2.0.json')
    const mine = join(workDir, 'mine.json')
    const logDirs = claimAssumedDir() ? { 'log.dirs': assumedDir } : {}
    try {
      const broker = await startBroker({ overrides: { ...overrides, ...logDirs } })
      const capture = [join(golden, 'capture.mjs'), '--bootstrap', broker.bootstrap, '--out', mine]
      if (!options.whole) capture.push('--only', [...groupsOfMusts(casesOf(recorded)), ...neededByOthers].join())
      const { stderr } = await run(process.execPath, capture, { timeoutMs: 480_000 })
      await report.test('the corpus runs to its end', () => {
        if (!existsSync(mine)) throw new Error(stderr.slice(-500))
      })
      await broker.stop()
    } finally {
      if (logDirs['log.dirs']) rmSync(assumedDir, { recursive: true, force: true })
    }
    const cases = casesOf(recorded).filter((each) => !each.unstable)
    const found = new Map(casesOf(mine).map((each) => [each.id, each]))
    const different = new Set(cases.filter((each) => !sameAnswer(each, found.get(each.id))).map(({ id }) => id))
    const must = cases.filter(isMust).map(({ id }) => id)
    if (options['update-pending'] && kind === 'ours') writePending(must.filter((id) => different.has(id)))
    const pending = kind === 'ours' ? [...JSON.parse(readFileSync(pendingFile, 'utf8')), ...differsByOurFormat] : differsByFormat
    judgeGroups({ report, must, different, pending })
    tellCounts(cases, new Set(must), different)
    const missing = must.filter((id) => !found.has(id))
    report.record('all cases of served APIs were replayed', missing.length === 0 ? 'passed' : 'failed', missing.join(' '))
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

const casesOf = (file) => JSON.parse(readFileSync(file, 'utf8')).cases

const groupOf = (id) => id.split('/')[0]

const groupsOfMusts = (cases) => new Set(cases.filter(isMust).map(({ id }) => groupOf(id)))

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
