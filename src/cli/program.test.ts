import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fakeTerminal } from '../../test/support/fake-terminal.ts'
import { deferred } from '../base/deferred.ts'
import { run } from './program.ts'
import type { RunningNode, StartNode } from './start.ts'

const fake = (env: Record<string, string> = {}, files: Record<string, string> = {}) => fakeTerminal({ env, files, tickMs: 64 })

const ready: RunningNode = { bootstrapServers: 'localhost:9092', failed: new Promise(() => {}), close: async () => {} }
const settled = () => new Promise<void>((resolve) => setImmediate(resolve))

async function complaintOf(words: string[], startNode: StartNode = async () => ready) {
  const { terminal, complaints, codes } = fake()
  await run(words, startNode, terminal)
  return { text: complaints.join('\n'), code: codes[0] }
}

test('start says in one line where the broker is ready', async () => {
  const { terminal, printed, complaints } = fake()
  await run(['start'], async () => ready, terminal)
  assert.deepEqual(printed, ['odradek 0.1.0 ready on localhost:9092 (node 1, data in ./data, 64 ms)'])
  assert.deepEqual(complaints, [])
})

test('file, environment and overrides reach the broker', async () => {
  const { terminal, complaints } = fake(
    { KAFKA_NUM_PARTITIONS: '3' },
    { 'server.properties': 'node.id=7\nnum.partitions=2\nnoed.id=1' },
  )
  const words = ['start', 'server.properties', '--override', 'log.dirs=/a', '-o', 'broker.rack=a=b', '--log-level', 'warn']
  const seen: unknown[] = []
  await run(
    words,
    async ({ config, logDirs }, { level }) => {
      seen.push(config['node.id'], config['num.partitions'], logDirs, config['broker.rack'], level)
      return ready
    },
    terminal,
  )
  assert.deepEqual(seen, [7, 3, ['/a'], 'a=b', 'warn'])
  assert.match(complaints.join(), /warning: noed\.id .*did you mean node\.id\?/)
})

test('what is wrong is said in one line, with an exit code', async () => {
  const cases: [string[], RegExp, number][] = [
    [['strat'], /^odradek: unknown command 'strat' \(Did you mean start\?\)/, 2],
    [['start', '--overide', 'a=b'], /^odradek: unknown option '--overide' \(Did you mean --override\?\)/, 2],
    [['start', '--override', 'x'], /--override x is not of the form key=value/, 2],
    [['start', 'missing.properties'], /there is no file missing\.properties/, 2],
    [['start', '--log-level', 'loud'], /Allowed choices are debug, info, warn, error/, 2],
    [['start', '-o', 'num.partitions=x'], /^odradek: num\.partitions=x is not valid; allowed: .* \(from --override\)$/, 1],
  ]
  for (const [words, expected, code] of cases) {
    const found = await complaintOf(words)
    assert.match(found.text, expected)
    assert.ok(!found.text.includes('\n'), found.text)
    assert.equal(found.code, code)
  }
  const failed = await complaintOf(['start'], () => Promise.reject(new Error('port 9092 is taken\n  by another')))
  assert.deepEqual(failed, { text: 'odradek: port 9092 is taken by another', code: 1 })
})

test('help and version are no errors', async () => {
  for (const words of [['--help'], ['help', 'start'], ['version'], ['--version']]) {
    const { terminal, printed, codes } = fake()
    await run(words, async () => ready, terminal)
    assert.ok(printed.join('\n').length > 0, words.join(' '))
    assert.deepEqual(
      codes.filter((code) => code !== 0),
      [],
    )
  }
})

test('no word at all shows the help', async () => {
  const { text, code } = await complaintOf([])
  assert.match(text, /Usage: odradek/)
  assert.equal(code, 2)
})

test('the first signal stops cleanly, the second at once', async () => {
  const closed = deferred<void>()
  const { terminal, complaints, codes, signal } = fake()
  await run(['start'], async () => ({ ...ready, close: () => closed.promise }), terminal)
  signal('SIGTERM')
  await settled()
  assert.deepEqual(codes, [])
  signal('SIGINT')
  assert.deepEqual(codes, [1])
  closed.resolve()
  await settled()
  assert.deepEqual(codes, [1, 0])
  assert.equal(complaints.at(-1), 'odradek: stopped')
})

test('a signal while the broker starts stops it as soon as it stands', async () => {
  const started = deferred<RunningNode>()
  const { terminal, codes, signal } = fake()
  let closes = 0
  const running = run(['start'], () => started.promise, terminal)
  await settled()
  signal('SIGINT')
  started.resolve({ ...ready, close: async () => void closes++ })
  await running
  await settled()
  assert.deepEqual([closes, codes], [1, [0]])
})

test('a start that a signal ends says so once', async () => {
  const { terminal, codes, complaints, signal } = fake()
  const running = run(
    ['start'],
    (_, { stopped }) => new Promise((_, reject) => stopped.addEventListener('abort', () => reject(new Error('it was given up')))),
    terminal,
  )
  await settled()
  signal('SIGINT')
  await running
  await settled()
  assert.deepEqual([complaints.slice(1), codes], [['odradek: did not start: it was given up'], [1]])
})

test('a broker that stops by itself ends the process with its reason', async () => {
  const failed = deferred<Error>()
  const { terminal, complaints, codes } = fake()
  await run(['start'], async () => ({ ...ready, failed: failed.promise }), terminal)
  failed.resolve(new Error('no log directory is left'))
  await settled()
  assert.deepEqual([complaints.at(-1), codes], ['odradek: the broker stopped: no log directory is left', [1]])
})
