/** What our recovery makes of states that a power cut may leave, as Apache's dump tool sees it. */
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { compileTests } from '../../../scripts/compile.mjs'
import { installTools, ToolRunner } from '../lib/apache-tools.mjs'
import { projectDir } from '../lib/brokers.mjs'
import { start } from '../lib/processes.mjs'

const STATES = 20
/** Files named on one command line. */
const AT_ONCE = 100
const BAD =
  /isvalid: false|Found timestamp mismatch|Mismatches in|Found out of order|not an offset index|Could not decode|corrupt|unexpected/i
const BATCH = /^baseOffset: (\d+) lastOffset: (\d+) /gm

export const judge = {
  name: 'crash-states',
  about: `kafka-dump-log reads ${STATES} directories that ours recovered after power cuts in simulation`,
  needs: ['java', 'mvn'],
  startsBrokers: true,
  minutes: 6,

  install: installTools,

  async run({ report, tools, workDir, kind }) {
    if (kind !== 'ours') return // the states are of our broker, whoever is judged otherwise
    await report.test('the states are written', () => writeStates(workDir), { timeoutMs: 180_000 })
    const runner = new ToolRunner(tools)
    try {
      for (const state of readdirSync(workDir)
        .filter((name) => /^\d+$/.test(name))
        .sort((a, b) => a - b)) {
        await report.test(`state ${state}: logs, snapshots and metadata`, () => dump(runner, join(workDir, state)), {
          timeoutMs: 120_000,
        })
      }
      await report.test('the indexes of every state', () => indexes(runner, workDir), { timeoutMs: 120_000 })
    } finally {
      runner.close()
    }
  },
}

async function writeStates(workDir) {
  assert.ok(await compileTests(), 'the tests do not compile')
  const program = join(projectDir, 'build/test/crash-points/main.js')
  const writing = start(process.execPath, [program, '--states', STATES, '--seed', 1, '--write', workDir])
  const { code } = await writing.ended
  assert.equal(code, 0, writing.output.slice(-1000))
  assert.equal(readdirSync(workDir).filter((name) => /^\d+$/.test(name)).length, STATES)
}

async function dump(runner, dir) {
  const served = await read(runner, files(dir, /^served-after-0\/\d+\.log$/), '--print-data-log', '--deep-iteration')
  assert.match(served, /payload: after the power cut/)
  for (const log of readdirSync(dir).filter((name) => /^[a-z-]+-\d+$/.test(name))) {
    const segments = files(dir, new RegExp(`^${log}/\\d+\\.log$`))
    const output = await read(runner, segments, '--print-data-log', '--deep-iteration')
    let next = 0
    for (const [line, base, last] of output.matchAll(BATCH)) {
      assert.ok(Number(base) >= next, `${log}: ${line} comes after ${next}`)
      next = Number(last) + 1
    }
  }
  await read(runner, files(dir, /^__consumer_offsets-\d+\/\d+\.log$/), '--offsets-decoder')
  await read(runner, files(dir, /^__cluster_metadata-0\/\d+\.log$/), '--cluster-metadata-decoder')
  for (const file of files(dir, /^__cluster_metadata-0\/.*\.checkpoint$/))
    await read(runner, [file], '--cluster-metadata-decoder')
  await read(runner, files(dir, /^[a-z_-]+-\d+\/\d+\.snapshot$/))
}

async function indexes(runner, workDir) {
  const all = files(workDir, /^\d+\/[a-z_-]+-\d+\/\d+\.(index|timeindex)$/)
  assert.ok(all.length > STATES, `only ${all.length} indexes were written`)
  for (let from = 0; from < all.length; from += AT_ONCE) {
    await read(runner, all.slice(from, from + AT_ONCE))
    await read(runner, all.slice(from, from + AT_ONCE), '--index-sanity-check')
  }
}

function files(dir, pattern) {
  const names = readdirSync(dir, { recursive: true }).filter((name) => pattern.test(name))
  return names.sort().map((name) => join(dir, name))
}

async function read(runner, chosen, ...options) {
  if (chosen.length === 0) return ''
  const output = await runner.must('kafka-dump-log', ['--files', chosen.join(','), ...options], { timeoutMs: 100_000 })
  assert.doesNotMatch(output, BAD)
  return output
}
