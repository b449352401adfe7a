/** A directory that one broker wrote and stopped cleanly on is opened by the other, there and back, and serves the same. */
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { installTools, ToolRunner } from '../lib/apache-tools.mjs'
import { facts, fill, use } from './facts.mjs'

export const judge = {
  name: 'directories',
  about:
    'Apache Kafka opens the log directory that ours wrote, and ours opens the one that Apache wrote; kafka-dump-log reads ours',
  needs: ['java', 'mvn'],
  startsBrokers: true,
  minutes: 8,

  install: installTools,

  async run({ report, tools: installed, workDir, startBroker, kind }) {
    const runner = new ToolRunner(installed)
    try {
      const visit = (dir, visitor) => startBroker({ kind: visitor, dir, overrides: { 'group.initial.rebalance.delay.ms': '0' } })
      await journey({
        report,
        runner,
        visit,
        dir: join(workDir, 'ours'),
        kinds: [kind, 'apache', kind],
        label: 'written by ours',
      })
      await journey({
        report,
        runner,
        visit,
        dir: join(workDir, 'apache'),
        kinds: ['apache', kind, 'apache'],
        label: 'written by Apache',
      })
      await dump({ report, runner, dataDir: join(workDir, 'ours', 'data') })
    } finally {
      runner.close()
    }
  },
}

/** One directory and who opens it in turn: the first fills it, the next ones must find everything and go on with it. */
async function journey({ report, runner, visit, dir, kinds: [writer, ...visitors], label }) {
  let known
  await report.test(
    `${label}: filled by ${writer}, stopped cleanly`,
    () =>
      stay(visit(dir, writer), async ({ bootstrap }) => {
        await fill(runner, bootstrap)
        known = await facts(runner, bootstrap)
      }),
    { timeoutMs: 120_000 },
  )
  for (const [index, visitor] of visitors.entries()) {
    const name = `${label}: ${index === 0 ? 'opened' : 'opened again'} by ${visitor}`
    await report.test(
      `${name}, the same records, offsets, groups and configs`,
      () =>
        stay(visit(dir, visitor), async ({ bootstrap }) => {
          const found = await facts(runner, bootstrap)
          await use(runner, bootstrap, index)
          const before = known
          known = await facts(runner, bootstrap)
          assert.deepEqual(found, before)
        }),
      { timeoutMs: 180_000 },
    )
    await report.test(`${name}, no log was put aside`, () => {
      const strays = readdirSync(join(dir, 'data')).filter((entry) => /-stray$/.test(entry))
      assert.deepEqual(strays, [])
    })
  }
}

/** What happens while a broker is up; it is stopped cleanly whatever comes of it, so that the next one can have the directory. */
async function stay(starting, body) {
  const broker = await starting
  try {
    await body(broker)
  } finally {
    await stopCleanly(broker)
  }
}

async function stopCleanly(broker) {
  await broker.stop()
  assert.ok(
    readdirSync(broker.dataDir).includes('.kafka_cleanshutdown'),
    `no clean-shutdown marker: ${broker.output.slice(-500)}`,
  )
}

/** Apache's dump tool on every kind of file that the last owner of the directory left. */
async function dump({ report, runner, dataDir }) {
  const files = (pattern, within = /./) =>
    readdirSync(dataDir, { recursive: true })
      .filter((name) => pattern.test(name) && within.test(name))
      .map((name) => join(dataDir, name))
  const read = async (chosen, options = []) => {
    assert.ok(chosen.length > 0, 'there is no such file')
    const output = await runner.must('kafka-dump-log', ['--files', chosen.join(','), ...options])
    assert.doesNotMatch(output, /isvalid: false|Found timestamp mismatch|Mismatches in|Found out of order|not an offset index/i)
    return output
  }

  await report.test('kafka-dump-log: segments', async () => {
    const output = await read(files(/\.log$/, /^moves-/), ['--print-data-log', '--deep-iteration'])
    assert.match(output, /payload: plain 0/)
    assert.match(output, /compresscodec: (zstd|lz4|gzip|snappy)/)
  })
  await report.test('kafka-dump-log: offset and time indexes', async () => {
    await read(files(/\.(index|timeindex)$/, /^moves-/))
  })
  await report.test('kafka-dump-log: producer snapshot', async () => {
    await read(files(/\.snapshot$/, /^moves-/))
  })
  await report.test('kafka-dump-log: __consumer_offsets with its decoder', async () => {
    const output = await read(files(/\.log$/, /^__consumer_offsets-/), ['--offsets-decoder'])
    assert.match(output, /offset_commit|"group":"moves-group"|moves-group/)
    assert.doesNotMatch(output, /Could not decode/)
  })
  await report.test('kafka-dump-log: __cluster_metadata with its decoder', async () => {
    const output = await read(files(/\.log$/, /^__cluster_metadata-0/), ['--cluster-metadata-decoder'])
    assert.match(output, /"type":"TOPIC_RECORD".*"name":"moves"/)
    assert.doesNotMatch(output, /Could not decode|corrupt/i)
  })
  await report.test('kafka-dump-log: the first metadata snapshot with its decoder', async () => {
    const output = await read(files(/0{20}-0{10}\.checkpoint$/, /^__cluster_metadata-0/), ['--cluster-metadata-decoder'])
    assert.match(output, /KRaftVersion/)
  })
}
