// What is printed is held against Apache's own commands in test/interop/commands; here stands what cannot be tried there, and what is damaged.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fakeTerminal } from '../../../test/support/fake-terminal.ts'
import { ByteWriter } from '../../base/bytes.ts'
import type { OtherProcess } from '../../platform/node/other-processes.ts'
import { GroupMetadataValue, OffsetCommitKey } from '../../protocol/messages/records/group-coordinator.ts'
import { FeatureLevelRecord } from '../../protocol/messages/records/metadata.ts'
import { buildBatch } from '../../protocol/records/builder.ts'
import { type AnyMessage, codec } from '../../protocol/schema.ts'
import type { StartNode } from '../start.ts'
import type { Terminal } from '../terminal.ts'
import { nodeCommands } from './node-commands.ts'

const noNode: StartNode = () => assert.fail('no node')

async function run(name: string, terminal: Terminal, ...words: string[]): Promise<number> {
  const command = await nodeCommands[name]!()
  return command(words, terminal, noNode)
}

async function dump(files: Record<string, Uint8Array>, ...words: string[]) {
  const { terminal, printed, complaints } = fakeTerminal({ tickMs: 0 })
  await terminal.disk.mkdir('/d')
  for (const [path, bytes] of Object.entries(files)) await terminal.disk.replaceAtomic(path, bytes)
  const code = await run('kafka-dump-log', terminal, '--files', Object.keys(files)[0]!, ...words)
  return { code, out: printed.join(''), err: complaints.join('\n') }
}

function encoded(message: AnyMessage, version: number, value: object, ...head: number[]): Uint8Array {
  const to = new ByteWriter()
  for (const each of head) to.uvarint(each)
  if (head.length === 0) to.int16(message.name.endsWith('Key') ? message.apiKey! : version)
  codec(message, version).write(to, value)
  return to.toBytes()
}

const LOG = '00000000000000000003.log'
const segment = (...batches: Uint8Array[]) => Buffer.concat(batches)
const plain = (baseOffset: number, ...values: string[]) =>
  buildBatch({
    baseOffset,
    records: values.map((value) => ({
      timestamp: 7,
      key: null,
      value: Buffer.from(value),
      headers: [{ key: 'h', value: null }],
    })),
  })

test('batches, records, and what is wrong with them', async () => {
  const bytes = segment(plain(3, 'a', 'b'), plain(6, 'c'), plain(7, 'd').subarray(0, 40))
  const { code, out, err } = await dump({ [`/d/${LOG}`]: bytes }, '--print-data-log')
  assert.equal(code, 0)
  const lines = out.split('\n')
  assert.deepEqual(lines.slice(0, 2), [`Dumping /d/${LOG}`, 'Log starting offset: 3'])
  assert.match(
    lines[2]!,
    /^baseOffset: 3 lastOffset: 4 count: 2 baseSequence: -1 lastSequence: -1 producerId: -1 producerEpoch: -1 partitionLeaderEpoch: -?\d+ isTransactional: false isControl: false deleteHorizonMs: OptionalLong\.empty position: 0 CreateTime: 7 size: \d+ magic: 2 compresscodec: none crc: \d+ isvalid: true$/,
  )
  assert.equal(lines[4], '| offset: 4 CreateTime: 7 keySize: -1 valueSize: 1 sequence: -1 headerKeys: [h] payload: b')
  assert.match(out, /\nFound 40 invalid bytes at the end of 0+3\.log\n$/)
  assert.equal(err, `Non-consecutive offsets in /d/${LOG}\n  4 is followed by 6`)
})

test('a batch whose bytes were changed is told', async () => {
  const batch = plain(3, 'abc')
  batch[batch.length - 2]! ^= 1
  assert.match((await dump({ [`/d/${LOG}`]: batch })).out, / isvalid: false\n$/)
  const short = plain(3, 'abc')
  short.writeInt32BE(5, 8)
  const { code, err } = await dump({ [`/d/${LOG}`]: short })
  assert.deepEqual([code, err], [1, `Found record size 5 smaller than minimum record overhead (14) in file /d/${LOG}.`])
})

test('an index is held against the batches that it points to', async () => {
  const log = segment(plain(3, 'a', 'b'), plain(5, 'c'))
  const second = log.readInt32BE(8) + 12
  const index = Buffer.alloc(24)
  index.writeInt32BE(2, 0)
  index.writeInt32BE(second, 4)
  index.writeInt32BE(3, 8)
  index.writeInt32BE(second, 12)
  const files = { '/d/00000000000000000003.index': index, [`/d/${LOG}`]: log }
  const { out, err } = await dump(files)
  assert.match(
    out,
    new RegExp(`\\noffset: 5 position: ${second}\\noffset: 6 position: ${second}\\n$`),
    'zeros at the end are no entries',
  )
  assert.equal(err, 'Mismatches in :/d/00000000000000000003.index\n  Index offset: 6, log offset: 5')
  assert.match(
    (await dump({ ...files, '/d/00000000000000000003.index': index.subarray(0, 7) }, '--index-sanity-check')).out,
    / is empty\.\n$/,
  )
})

test('records of Kafka’s own topics are told in JSON', async () => {
  const group = encoded(GroupMetadataValue, 3, {
    protocolType: 'consumer',
    protocol: 'range',
    leader: 'm',
    members: [{ memberId: 'm', subscription: Buffer.from([0, 1, 0, 0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 0]) }],
  })
  const key = (type: number) => Buffer.from([0, type, 0, 1, 103])
  const of = (records: { key: Uint8Array | null; value: Uint8Array | null }[]) =>
    buildBatch({ baseOffset: 3, records: records.map((record) => ({ ...record, timestamp: 7, headers: [] })) })
  const { out } = await dump(
    {
      [`/d/${LOG}`]: of([
        { key: key(2), value: group },
        { key: encoded(OffsetCommitKey, 0, { group: 'g', topic: 't', partition: 1 }), value: null },
        { key: key(99), value: null },
      ]),
    },
    '--offsets-decoder',
    '--skip-record-metadata',
  )
  assert.match(
    out,
    /\n\| key: \{"type":"2","data":\{"group":"g"\}\} payload: \{"version":"3","data":\{"protocolType":"consumer",.*"subscription":\{"topics":\[\]/,
  )
  assert.match(
    out,
    /\n\| key: \{"type":"1","data":\{"group":"g","topic":"t","partition":1\}\} payload: <DELETE>\n\| key: Unknown record type 99 at offset 5, skipping\.\n$/,
  )
  const feature = encoded(FeatureLevelRecord, 0, { name: 'x', featureLevel: 2 }, 1, 12, 0)
  const metadata = await dump(
    {
      [`/d/${LOG}`]: of([
        { key: null, value: feature },
        { key: null, value: Buffer.from([9]) },
      ]),
    },
    '--cluster-metadata-decoder',
  )
  assert.match(metadata.out, / payload: \{"type":"FEATURE_LEVEL_RECORD","version":0,"data":\{"name":"x","featureLevel":2\}\}\n/)
  assert.match(
    metadata.out,
    / payload: Error at 4, skipping\. Could not deserialize metadata record due to unknown frame version 9/,
  )
})

test('kafka-server-start tells its usage, and hands words to a process of its own', async () => {
  const started: unknown[] = []
  const processes = { others: () => [], signal: () => {}, startDetached: (...all: unknown[]) => void started.push(all) }
  const { terminal, printed, complaints } = fakeTerminal(
    { env: { LOG_DIR: '/logs' }, files: { 'a.properties': '' }, tickMs: 0 },
    { processes },
  )
  assert.equal(await run('kafka-server-start', terminal), 1)
  assert.match(printed[0]!, /^USAGE: kafka-server-start \[-daemon\]/)
  assert.equal(await run('kafka-server-start', terminal, '-daemon', 'a.properties', '--override', 'node.id=2'), 0)
  assert.deepEqual(started, [[['a.properties', '--override', 'node.id=2'], '/logs/kafkaServer.out']])
  assert.equal(await run('kafka-server-start', terminal, 'a.properties', 'b', 'c'), 1)
  assert.equal(await run('kafka-server-start', terminal, 'no-such.properties'), 1)
  assert.equal(complaints[0], 'Found non argument parameters: b,c')
  assert.match(complaints.join('\n'), /--override <String>.*\nno-such\.properties$/s)
})

test('kafka-server-stop signals nodes, and those alone', async () => {
  const node = (pid: number, ...words: string[]): OtherProcess => ({
    pid,
    words: ['/usr/bin/node', ...words],
    directory: '/home',
  })
  const all = [
    node(1, '--max-old-space-size=100', '/bin/kafka-server-start', 'one.properties'),
    node(2, 'bin/odradek.js', 'start', '--override', 'process.roles=controller', '--override', 'node.id=2'),
    node(3, 'bin/odradek.js', 'version'),
    node(4, 'else.js', 'kafka-server-start'),
    { pid: 5, words: ['vim', 'kafka-server-start'], directory: null },
  ]
  const stop = async (others: readonly OtherProcess[], ...words: string[]) => {
    const signalled: string[] = []
    const { terminal, printed } = fakeTerminal(
      { files: { '/home/one.properties': 'node.id=1\nprocess.roles=broker\n' }, tickMs: 0 },
      {
        processes: {
          others: () => others,
          signal: (pid, name) => void signalled.push(`${name} ${pid}`),
          startDetached: () => {},
        },
      },
    )
    return { code: await run('kafka-server-stop', terminal, ...words), signalled, printed }
  }
  assert.deepEqual(await stop(all), { code: 0, signalled: ['TERM 1', 'TERM 2'], printed: [] })
  assert.deepEqual((await stop(all, '--node-id=2')).signalled, ['TERM 2'])
  assert.deepEqual((await stop(all, '--process-role=broker')).signalled, ['TERM 1'])
  assert.deepEqual((await stop(all, '--node-id', '2')).signalled, [], 'a slip of the finger stops nothing')
  assert.equal((await stop(all, '--nodeid=2')).code, 1)
  const help = await stop(all, '--help')
  assert.deepEqual([help.code, help.signalled], [0, []])
  assert.match(help.printed.join('\n'), /\nExamples:\n {2}kafka-server-stop/)
  assert.deepEqual((await stop(all, 'config/server.properties')).signalled, ['TERM 1', 'TERM 2'], 'as with Kafka')
  assert.deepEqual(await stop(all.slice(2)), { code: 1, signalled: [], printed: ['No kafka server to stop'] })
})
