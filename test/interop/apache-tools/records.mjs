/** Console producer and consumer, kafka-get-offsets, kafka-delete-records, kafka-log-dirs and the perf tools. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

export async function records({ bootstrap, report, tool, workDir, runner }) {
  const input = Array.from({ length: 20 }, (_, i) => `key-${i}:value ${i}`).join('\n')
  const withKeys = ['--reader-property', 'parse.key=true', '--reader-property', 'key.separator=:']
  const lines = (text) => text.trim().split('\n')

  await report.test('kafka-console-producer', () =>
    tool('kafka-console-producer', ['--topic', 'test-topic', ...withKeys], { input: `${input}\n` }),
  )

  await report.test('kafka-console-consumer', async () => {
    const show = ['--formatter-property', 'print.key=true', '--formatter-property', 'key.separator=:']
    const wanted = ['--topic', 'test-topic', '--from-beginning', '--max-messages', '20', '--timeout-ms', '20000']
    assert.equal((await tool('kafka-console-consumer', [...wanted, ...show])).trim(), input)
  })

  for (const codec of ['gzip', 'snappy', 'lz4', 'zstd']) {
    await report.test(`console clients with ${codec}`, async () => {
      const values = Array.from({ length: 200 }, (_, i) => `${codec} ${i} ${'again '.repeat(20)}`.trim()).join('\n')
      await tool('kafka-console-producer', ['--topic', `tools.${codec}`, '--compression-codec', codec], { input: `${values}\n` })
      const wanted = ['--topic', `tools.${codec}`, '--from-beginning', '--max-messages', '200', '--timeout-ms', '20000']
      assert.equal((await tool('kafka-console-consumer', wanted)).trim(), values)
    })
  }

  await report.test('kafka-console-consumer at one partition and offset', async () => {
    const wanted = ['--topic', 'test-topic', '--partition', '0', '--offset', '18', '--max-messages', '2', '--timeout-ms', '20000']
    assert.deepEqual(lines(await tool('kafka-console-consumer', wanted)), ['value 18', 'value 19'])
  })

  await report.test('kafka-console-consumer, read_committed', async () => {
    const wanted = [
      '--topic',
      'test-topic',
      '--from-beginning',
      '--isolation-level',
      'read_committed',
      '--max-messages',
      '20',
      '--timeout-ms',
      '20000',
    ]
    assert.equal(lines(await tool('kafka-console-consumer', wanted)).length, 20)
  })

  await report.test('kafka-get-offsets', async () => {
    const at = async (time) => (await tool('kafka-get-offsets', ['--topic', 'test-topic', '--time', time])).trim()
    assert.equal(await at('latest'), 'test-topic:0:20')
    assert.equal(await at('earliest'), 'test-topic:0:0')
    assert.match(await at('max-timestamp'), /^test-topic:0:\d+$/)
    assert.equal(await at('1000'), 'test-topic:0:0')
  })

  await report.test('kafka-delete-records', async () => {
    const file = join(workDir, 'delete.json')
    writeFileSync(file, JSON.stringify({ version: 1, partitions: [{ topic: 'test-topic', partition: 0, offset: 5 }] }))
    assert.match(await tool('kafka-delete-records', ['--offset-json-file', file]), /partition: test-topic-0\s+low_watermark: 5/)
    assert.equal((await tool('kafka-get-offsets', ['--topic', 'test-topic', '--time', 'earliest'])).trim(), 'test-topic:0:5')
  })

  await report.test('kafka-log-dirs', async () => {
    const answer = await tool('kafka-log-dirs', ['--describe', '--topic-list', 'test-topic'])
    const { brokers } = JSON.parse(answer.slice(answer.indexOf('{')))
    const [{ error, partitions }] = brokers[0].logDirs
    assert.equal(error, null)
    assert.equal(partitions[0].partition, 'test-topic-0')
    assert.ok(partitions[0].size > 0 && partitions[0].offsetLag === 0 && partitions[0].isFuture === false)
  })

  await report.test('kafka-producer-perf-test', async () => {
    const load = ['--topic', 'tools.perf', '--num-records', '20000', '--record-size', '200', '--throughput', '-1']
    const answer = await tool('kafka-producer-perf-test', [...load, '--command-property', 'acks=all'], { timeoutMs: 90_000 })
    assert.match(answer, /20000 records sent, [\d.]+ records\/sec/)
    assert.equal((await tool('kafka-get-offsets', ['--topic', 'tools.perf'])).trim(), 'tools.perf:0:20000')
  })

  await report.test('kafka-consumer-perf-test', async () => {
    const load = ['--topic', 'tools.perf', '--num-records', '20000', '--hide-header', '--timeout', '20000']
    const fields = lines(await tool('kafka-consumer-perf-test', load, { timeoutMs: 90_000 }))
      .at(-1)
      .split(',')
    assert.ok(Number(fields[4]) >= 20000, fields.join())
  })

  await report.test('kafka-e2e-latency', async () => {
    const answer = await runner.must('kafka-e2e-latency', [
      ...['--bootstrap-server', bootstrap, '--topic', 'tools.latency'],
      ...['--num-records', '200', '--record-size', '100', '--producer-acks', 'all'],
    ])
    assert.match(answer, /Percentiles: 50th = \d+/)
  })
}
