/** kafka-log-dirs and kafka-reassign-partitions on a broker of two log directories: a replica goes from one into the other under load. */
import assert from 'node:assert/strict'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const RECORDS = 3000
const MOVE_WITHIN_MS = 60_000
/** Bytes a second: slow enough to be seen on its way. */
const THROTTLE = 1_000_000

export async function logDirs({ report, runner, workDir, startBroker }) {
  const dir = join(workDir, 'two-disks')
  const dirs = ['a', 'b'].map((name) => join(dir, name))
  const broker = await startBroker({ dir, overrides: { 'log.dirs': dirs.join(','), 'file.delete.delay.ms': '1000' } })
  const server = ['--bootstrap-server', broker.bootstrap]
  const tool = (name, args, options) => runner.must(name, [...server, ...args], options)

  /** By partition: `[directory, isFuture]` of each copy. */
  const described = async () => {
    const answer = await tool('kafka-log-dirs', ['--describe', '--topic-list', 'moved', '--broker-list', '1'])
    const { brokers } = JSON.parse(answer.split('\n').find((line) => line.startsWith('{')))
    const copies = {}
    for (const { logDir, partitions } of brokers[0].logDirs)
      for (const { partition, isFuture } of partitions) (copies[partition] ??= []).push([logDir, isFuture])
    return copies
  }

  const plan = (path, partition, to) => {
    const partitions = [{ topic: 'moved', partition, replicas: [1], log_dirs: [to] }]
    writeFileSync(path, JSON.stringify({ version: 1, partitions }))
    return ['--reassignment-json-file', path]
  }

  try {
    await tool('kafka-topics', ['--create', '--topic', 'moved', '--partitions', '2', '--replication-factor', '1'])
    const size = ['--topic', 'moved', '--num-records', String(RECORDS), '--record-size', '1000', '--throughput', '-1']
    await runner.must('kafka-producer-perf-test', [
      ...size,
      '--producer-props',
      `bootstrap.servers=${broker.bootstrap}`,
      'acks=all',
    ])
    const before = await described()

    await report.test('kafka-log-dirs --describe tells of both directories', () => {
      const places = Object.values(before).map((copies) => copies.map(([path]) => path))
      assert.deepEqual(places.flat().sort(), [...dirs].sort())
    })

    await report.test('kafka-reassign-partitions with log_dirs moves a replica, slowly and with its records', async () => {
      const [[from]] = before['moved-0']
      const to = dirs.find((path) => path !== from)
      const file = plan(join(workDir, 'move.json'), 0, to)
      await tool('kafka-reassign-partitions', [...file, '--execute', '--replica-alter-log-dirs-throttle', String(THROTTLE)])
      const onTheWay = await described()
      const states = []
      for (const deadline = Date.now() + MOVE_WITHIN_MS; Date.now() < deadline; ) {
        const state = await tool('kafka-reassign-partitions', [...file, '--verify'])
        states.push(state)
        if (/completed successfully|is complete/i.test(state) && !/still in progress/i.test(state)) break
      }
      assert.match(states.at(-1), /moved-0.*(completed successfully|is complete)/i)
      const after = await described()
      assert.deepEqual(after['moved-0'], [[to, false]])
      assert.deepEqual(after['moved-1'], before['moved-1'])
      if (onTheWay['moved-0'].length > 1)
        assert.deepEqual(
          onTheWay['moved-0'].find(([path]) => path === to),
          [to, true],
        )
      assert.ok(readdirSync(to).includes('moved-0') && !readdirSync(from).includes('moved-0'), 'the files are there')
      const wanted = ['--topic', 'moved', '--from-beginning', '--max-messages', String(RECORDS), '--timeout-ms', '30000']
      const values = (await tool('kafka-console-consumer', wanted)).trim().split('\n')
      assert.equal(values.length, RECORDS)
    })

    await report.test('kafka-reassign-partitions refuses a directory that does not exist', async () => {
      const file = plan(join(workDir, 'nowhere.json'), 0, join(dir, 'nowhere'))
      const { code, stdout, stderr } = await runner.run('kafka-reassign-partitions', [...server, ...file, '--execute'])
      assert.notEqual(code, 0)
      assert.match(stdout + stderr, /LogDirNotFoundException|LOG_DIR_NOT_FOUND|not found/i)
    })
  } finally {
    await broker.stop()
  }
}
