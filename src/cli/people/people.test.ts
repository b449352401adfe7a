// The commands for people, against a broker.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { fakeTerminal } from '../../../test/support/fake-terminal.ts'
import { Consumer } from '../../client/index.ts'
import type { Desk } from '../../platform/desk.ts'
import { suiteKafka } from '../../testing/index.ts'
import { run } from '../program.ts'

const kafka = suiteKafka({ before, after })

function fakeDesk(lines: readonly string[], more: Partial<Desk>): Desk {
  return {
    isWatched: false,
    hasColors: false,
    columns: 80,
    isTyped: false,
    async *input() {
      for (const line of lines) yield Buffer.from(`${line}\n`)
    },
    inputBytes: null,
    status() {},
    room: () => undefined,
    timeText: (ms) => new Date(ms).toISOString(),
    timeFrom: (text) => (/^\d{4}-/.test(text) ? Date.parse(text) : null),
    onDeserted() {},
    ...more,
  }
}

/** Runs the command at the broker; gives what it printed and complained of, and its exit code. */
async function odradek(
  words: string[],
  {
    input = [] as string[],
    files = {} as Record<string, string>,
    desk = {} as Partial<Desk>,
    now = 0,
    interruptedAfter = Number.POSITIVE_INFINITY,
  } = {},
) {
  const { terminal, printed, complaints, codes, signal } = fakeTerminal(
    { env: { ODRADEK_BOOTSTRAP_SERVER: kafka().bootstrapServers }, files, tickMs: 0 },
    now === 0
      ? {}
      : { clock: { now: () => now, monotonic: () => 0, after: () => assert.fail('no timers'), soon: queueMicrotask } },
  )
  const room = () => {
    if (printed.length >= interruptedAfter) signal('SIGINT')
    return undefined
  }
  await run(
    words,
    () => assert.fail('no broker is started'),
    terminal,
    () => fakeDesk(input, { room, ...desk }),
  )
  return { printed, complaints, code: codes[0] ?? 0 }
}

test('topics are created, listed, described and deleted', async () => {
  const name = `made-${Date.now()}`
  const made = await odradek(['topics', 'create', name, '-p', '2', '-c', 'retention.ms=1000'])
  assert.deepEqual(made, { printed: [`created ${name}: 2 partitions, 1 replica`], complaints: [], code: 0 })
  await kafka().produce(
    name,
    ['a', 'b', 'c'].map((value) => ({ partition: 1, value })),
  )
  const listed = (await odradek(['topics', '--json'])).printed
  const rows = JSON.parse(listed[0]!) as { name: string }[]
  assert.deepEqual(
    rows.find((row) => row.name === name),
    { name, partitions: 2, replicas: 1, records: 3, outOfSync: 0, isInternal: false },
  )
  const { printed } = await odradek(['topics', 'describe', name])
  assert.deepEqual(printed, [
    `${name}  retention.ms=1000`,
    '  PARTITION  LEADER  REPLICAS  IN SYNC  BEGIN  END',
    '          0       1  1         1            0    0',
    '          1       1  1         1            0    3',
  ])
  assert.deepEqual((await odradek(['topics', 'delete', name])).printed, [`deleted ${name}`])
  const gone = await odradek(['topics', 'describe', name])
  assert.match(gone.complaints[0]!, new RegExp(`^odradek: there is no topic ${name}`))
  assert.equal(gone.code, 2)
})

test('values, lines and JSON are produced; what is consumed as JSON can be produced again', async () => {
  const topic = await kafka().topic('orders')
  const copy = await kafka().topic('copy')
  const words = await odradek(['produce', topic, 'one', 'two', '--key', 'ann', '-H', 'from=a test'])
  assert.deepEqual(words.printed, [`${topic}-0 at offset 0`, `${topic}-0 at offset 1`])
  await odradek(['produce', topic, '-K', ':'], { input: ['bob:three:3', 'cid:{"total":7}'] })
  const lines = await odradek(['produce', topic, '--json'], {
    input: ['{"key":{"base64":"/w=="},"value":null,"headers":{"h":"v"}}', ''],
  })
  assert.deepEqual(lines.complaints, [`1 record produced to ${topic}`])
  const first = (await odradek(['consume', topic, '--json', '--exit'])).printed
  await odradek(['produce', copy, '--json'], { input: first })
  const second = (await odradek(['consume', copy, '--json', '--exit'])).printed
  const parts = (texts: string[]) =>
    texts.map((text) => ({ ...(JSON.parse(text) as object), topic: '', partition: 0, offset: 0 }))
  assert.deepEqual(parts(second), parts(first))
  assert.deepEqual(
    parts(first).map((each) => (each as unknown as { value: unknown }).value),
    ['one', 'two', 'three:3', { total: 7 }, null],
  )
})

test('a file of properties is asked for where to begin and what clients are like, and flags go before it', async () => {
  const topic = await kafka().topic('orders')
  const files = {
    'c.properties': `bootstrap.servers=127.0.0.1:1\nclient.id=till\nacks=1\ngroup.id=none\nisolation.level=read_committed`,
  }
  const servers = ['-b', kafka().bootstrapServers, '--command-config', 'c.properties']
  const produced = kafka().faults.answerNext('Produce', 'INVALID_RECORD', {
    clientId: 'till',
    where: ({ body }) => body['acks'] === 1,
  })
  const refused = await odradek(['produce', topic, 'x', ...servers], { files })
  assert.deepEqual([refused.code, produced.count], [1, 1])
  const strict = kafka().faults.answerNext('Produce', 'INVALID_RECORD', { where: ({ body }) => body['acks'] === -1 })
  await odradek(['produce', topic, 'x', '--acks', 'all', ...servers], { files })
  assert.equal(strict.count, 1)
  await kafka().produce(topic, ['one'])
  const fetched = kafka().faults.answerNext('ListOffsets', 'INVALID_REQUEST', {
    clientId: 'till',
    where: ({ body }) => body['isolationLevel'] === 1,
  })
  assert.equal((await odradek(['consume', topic, '-e', ...servers], { files })).code, 1)
  assert.equal(fetched.count, 1)
  const away = await odradek(['topics', '--command-config', 'away.properties'], {
    files: { 'away.properties': 'bootstrap.servers=127.0.0.1:1\ndefault.api.timeout.ms=100' },
  })
  assert.match(away.complaints.join(), /127\.0\.0\.1:1/)
})

test('the headers of a record may have one name', async () => {
  const topic = await kafka().topic('orders')
  await odradek(['produce', topic, 'x', '-H', 'a=1', '-H', 'a=2', '-H', '__proto__=3'])
  const { headers } = JSON.parse((await odradek(['consume', topic, '-e', '--json'])).printed[0]!) as { headers: object }
  assert.deepEqual(headers, [
    { key: 'a', value: '1' },
    { key: 'a', value: '2' },
    { key: '__proto__', value: '3' },
  ])
})

test('input that is interrupted, or wrong somewhere, is sent as far as it was read, and said to be', async () => {
  const topic = await kafka().topic('orders')
  const wrong = await odradek(['produce', topic, '-K', ':'], { input: ['a:1', 'b:2', 'c'] })
  assert.deepEqual(wrong.complaints, [`2 records produced to ${topic}`, 'odradek: line 3 has no : between key and value'])
  const typed = await odradek(['produce', topic], { input: ['one', 'two'], desk: { isTyped: true } })
  assert.deepEqual(typed.printed, [`${topic}-0 at offset 2`, `${topic}-0 at offset 3`])
})

test('consume begins where it is told to, ends there, and shows what was asked for', async () => {
  const topic = await kafka().topic('orders', { partitions: 2 })
  const now = 1_700_000_000_000
  const records = Array.from({ length: 10 }, (_, at) => ({
    partition: at % 2,
    key: at < 5 ? 'ann' : 'bob',
    value: JSON.stringify({ total: at }),
    headers: { trace: `t${at}` },
    timestamp: now - (10 - at) * 60_000,
  }))
  await kafka().produce(topic, records)
  const totals = async (...words: string[]) => {
    const { printed, complaints } = await odradek(['consume', topic, '--json', ...words], { now })
    assert.deepEqual(complaints, [])
    return printed.map((text) => (JSON.parse(text) as { value: { total: number } }).value.total).sort()
  }
  assert.deepEqual(await totals('--exit', '--from', '3m'), [7, 8, 9])
  assert.deepEqual(await totals('--from', '5m', '--to', '3m'), [5, 6])
  assert.deepEqual(await totals('--exit', '--from', '4'), [8, 9])
  assert.deepEqual(await totals('--exit', '-p', '1'), [1, 3, 5, 7, 9])
  assert.deepEqual(await totals('--exit', '--from', new Date(now - 120_000).toISOString()), [8, 9])
  assert.deepEqual(await totals('-e', '-F', 'key=ann', '-F', 'value.total>=3'), [3, 4])
  assert.deepEqual(await totals('-e', '-F', 'key!=ann', '-F', 'header.trace~[89]$'), [8, 9])
  assert.deepEqual(await totals('-e', '--from', 'end'), [])
  assert.equal((await totals('-n', '4')).length, 4)
  const { printed, code } = await odradek(['tail', topic, '-n', '1', '-F', 'partition=1'], { interruptedAfter: 1 })
  assert.equal(code, 0)
  assert.equal(printed.length, 1)
})

test('a group goes on where it was', async () => {
  const topic = await kafka().topic('orders')
  await kafka().produce(topic, ['1', '2', '3', '4', '5'])
  const group = `turns-${Date.now()}`
  const turn = async () =>
    (await odradek(['consume', topic, '--group', group, '-n', '2', '--json'])).printed.map((text) => JSON.parse(text).value)
  assert.deepEqual(await turn(), ['1', '2'])
  assert.deepEqual(await turn(), ['3', '4'])
})

test('groups are shown with what lags, and who reads', async () => {
  const topic = await kafka().topic('orders', { partitions: 2 })
  await kafka().produce(
    topic,
    ['a', 'b', 'c'].map((value) => ({ partition: 0, value })),
  )
  const group = `shop-${Date.now()}`
  {
    const options = { ...kafka().client, groupId: group, clientId: 'till', autoOffsetReset: 'earliest', enableAutoCommit: false }
    await using consumer = new Consumer(options)
    consumer.subscribe(topic)
    while ((await consumer.poll()).length === 0);
    await consumer.commit([{ topic, partition: 0, offset: 1 }])
    const [described] = JSON.parse((await odradek(['groups', 'describe', group, '--json'])).printed[0]!)
    assert.deepEqual([described.state, described.members, described.lag], ['Stable', 1, 2])
    assert.deepEqual(
      [described.partitions[0].committed, described.partitions[0].client, described.partitions[1].committed],
      [1, 'till', null],
    )
  }
  const { printed } = await odradek(['groups'])
  assert.match(printed[0]!, /^GROUP +STATE +MEMBERS +LAG +TOPICS$/)
  assert.match(printed.find((line) => line.startsWith(group))!, new RegExp(`^${group} +Empty +0 +2 +${topic}$`))
  const wrong = await odradek(['groups', 'describe', `${group}x`])
  assert.deepEqual(wrong, { printed: [], complaints: [`odradek: there is no group ${group}x; did you mean ${group}?`], code: 2 })
  assert.deepEqual((await odradek(['groups', 'delete', group])).printed, [`deleted ${group}`])
})

test('a mistake is one line that says what is allowed, and never a stack trace', async () => {
  const files = {
    'wrong.properties': 'sasl.kerberos.service.name=kafka',
    'tls.properties': 'security.protocol=SSL\nssl.truststore.type=PEM\nssl.truststore.location=/no-such.pem',
  }
  const topic = await kafka().topic('orders')
  const cases: [string[], RegExp][] = [
    [['consmue', 'x'], /unknown command 'consmue' \(Did you mean consume\?\)/],
    [['consume', `${topic}x`], new RegExp(`there is no topic ${topic}x; did you mean ${topic}\\?`)],
    [['consume', topic, '--form', '10m'], /unknown option '--form' \(Did you mean --from\?\)/],
    [['consume', topic, '--from', 'yesterday'], /--from yesterday is not understood; allowed: beginning, end, a length of time/],
    [['consume', topic, '--filter', 'kye=ann'], /--filter kye=ann is not understood; it looks like key=ann/],
    [['consume', topic, '--filter', 'value>ten'], /> compares with a number/],
    [['consume', topic, '--filter', 'value~('], /Invalid regular expression/],
    [['consume', topic, '-p', '7', '-e'], /there is no partition 7: .* has 1, numbered from 0/],
    [['consume', topic, '--max', 'all'], /--max all is not valid; allowed: a whole number from 1 on/],
    [['consume', topic, '--group', 'g', '--exit'], /do not go with it/],
    [['produce', topic, '--compression', 'zip', 'x'], /Allowed choices are none, gzip/],
    [['produce', topic, '-K', ':'], /line 1 has no : between key and value/],
    [['produce', topic, '--json'], /line 1: .*JSON.*; a line looks like/],
    [['topics', 'create', 'a/b'], /./],
    [['topics', '--json', 'describe', topic], /describe goes before the options: odradek topics describe/],
    [['topics', '-b', 'localhost'], /bootstrapServers=localhost is not valid; allowed: host:port/],
    [['topics', '--command-config', 'no-such.properties'], /there is no file no-such\.properties/],
    [['topics', '--command-config', 'wrong.properties'], /wrong\.properties: sasl\.kerberos\.service\.name is not supported/],
    [['consume', topic, '--command-config', 'wrong.properties'], /sasl\.kerberos\.service\.name is not supported/],
    [['produce', topic, 'x', '--command-config', 'tls.properties'], /no TLS with .*no-such\.pem/],
    [['topics', 'lits'], /there is no topics lits; did you mean list\?/],
    [['completion', 'tcsh'], /there is no completion for tcsh; allowed: bash, zsh, fish/],
  ]
  for (const [words, expected] of cases) {
    const { complaints, code } = await odradek(words, { input: ['no separator'], files })
    assert.equal(complaints.length, 1, `${words.join(' ')}: ${complaints.join('\n')}`)
    assert.match(complaints[0]!, expected)
    assert.doesNotMatch(complaints[0]!, /\n| {4}at /)
    assert.notEqual(code, 0)
  }
})

test('colours are for those who look, and what would move the cursor is written out', async () => {
  const topic = await kafka().topic('colours')
  await kafka().produce(topic, [{ key: 'k\u001b[2J', value: 'line\nbreak', headers: { '\u009bh': '\u0007' } }])
  const plain = await odradek(['consume', topic, '-e'])
  assert.match(plain.printed[0]!, new RegExp(`  ${topic}-0:0  k\\\\u001b\\[2J  line\\\\nbreak  \\{\\\\u009bh=\\\\u0007\\}$`))
  const painted = await odradek(['consume', topic, '-e'], { desk: { isWatched: true, hasColors: true } })
  assert.ok(painted.printed[0]!.includes('\x1b[36m'))
  assert.ok(!painted.printed[0]!.includes('\x1b[2J'))
})

test('every command has examples in its help, and is completed', async () => {
  const commands = [
    ['topics'],
    ['topics', 'list'],
    ['topics', 'create'],
    ['topics', 'describe'],
    ['topics', 'delete'],
    ['produce'],
    ['consume'],
    ['tail'],
    ['groups'],
    ['groups', 'list'],
    ['groups', 'describe'],
    ['groups', 'delete'],
    ['completion'],
  ]
  for (const words of commands)
    assert.match((await odradek([...words, '--help'])).printed.join('\n'), /\nExamples:\n {2}.*odradek /, words.join(' '))
  for (const shell of ['bash', 'zsh', 'fish']) {
    const script = (await odradek(['completion', shell])).printed.join('\n')
    for (const word of ['consume', 'describe', '--from'.slice(2), 'replication-factor'])
      assert.ok(script.includes(word), `${shell}: ${word}`)
  }
})
