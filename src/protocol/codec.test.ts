// The rules of the wire that every message follows, on small messages made for them.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { AssertionFailed } from '../base/assert.ts'
import { ByteReader, ByteWriter, MalformedBytes } from '../base/bytes.ts'
import { KafkaError } from './errors.ts'
import { ConsumerGroupMemberMetadataValue, FetchRequest, ProduceRequest } from './messages/all.ts'
import {
  array,
  bool,
  bytes,
  codec,
  exact,
  type Input,
  int8,
  int32,
  int64,
  type Message,
  message,
  nullable,
  string,
  struct,
  tagged,
} from './schema.ts'

const Sample = message({
  name: 'Sample',
  versions: '0-3',
  flexible: '2+',
  fields: {
    id: int32(),
    label: nullable(string(), { versions: '1+', initiallyNull: false }),
    limit: int32({ versions: '1+', initial: -1 }),
    hint: string({ versions: '1+', ignorable: true }),
    items: array({ name: string(), flags: array(bool()) }),
    place: nullable(struct({ x: int8(), y: int8() }, { versions: '3+' })),
    extra: tagged(1, struct({ epoch: int32({ initial: -1 }) }, { versions: '2+' })),
    first: tagged(0, int64({ versions: '2+', initial: 7 })),
  },
})

function written<T>(schema: Message<T>, version: number, value: Input<Message<T>>): string {
  const to = new ByteWriter()
  codec(schema, version).write(to, value as Input<T>)
  return Buffer.from(to.toBytes()).toString('hex')
}

function read<T>(schema: Message<T>, version: number, hex: string): T {
  return codec(schema, version).read(new ByteReader(Buffer.from(hex.replaceAll(' ', ''), 'hex')))
}

const INITIAL = { id: 0, label: '', limit: -1, hint: '', items: [], place: null, extra: { epoch: -1 }, first: 7 }

test('what is left out is written as its initial value, and what a version lacks reads as such', () => {
  assert.equal(written(Sample, 0, {}), '00000000' + '0000' + '00000000')
  assert.deepEqual(read(Sample, 0, '0000000500016100000000'), { ...INITIAL, id: 5, label: 'a' })
  assert.deepEqual(read(Sample, 3, written(Sample, 3, {})), INITIAL)
})

test('a value that a version would lose is refused, unless the schema lets it go', () => {
  assert.throws(
    () => written(Sample, 0, { limit: 5 }),
    (thrown) => thrown instanceof KafkaError && thrown.error === 'UNSUPPORTED_VERSION',
  )
  assert.throws(() => written(Sample, 1, { extra: { epoch: 3 } }), /Sample.extra is not part of version 1/)
  assert.equal(written(Sample, 0, { limit: -1, hint: 'lost', extra: { epoch: -1 } }), written(Sample, 0, {}))
})

test('tagged fields stand last, ascending, and only when they say something', () => {
  assert.equal(
    written(Sample, 2, { extra: { epoch: 9 }, first: 1 }),
    '00000000' + '01' + 'ffffffff' + '01' + '01' + '02' + '00080000000000000001' + '01050000000900',
  )
  assert.equal(written(Sample, 2, { extra: {}, first: 7 }), '00000000' + '01' + 'ffffffff' + '01' + '01' + '00')
})

test('unknown tags are skipped in the message, in its structs and in tagged structs', () => {
  const unknown = '01 2a 03 aabbcc'
  const hex = `00000001 01 ffffffff 01 02 02 61 01 ${unknown} 02 01 0a 00000009 ${unknown} 2a 02 dead`
  assert.deepEqual(read(Sample, 2, hex), { ...INITIAL, id: 1, items: [{ name: 'a', flags: [] }], extra: { epoch: 9 } })
})

test('a nullable struct begins with a byte that says whether it is there', () => {
  assert.equal(
    written(Sample, 3, { place: { x: 1, y: 2 } }),
    '00000000' + '01' + 'ffffffff' + '01' + '01' + '01' + '0102' + '00' + '00',
  )
  assert.deepEqual(read(Sample, 3, '00000000 01 ffffffff 01 01 ff 00').place, null)
  assert.deepEqual(read(Sample, 3, '00000000 01 ffffffff 01 01 01 0102 00 00').place, { x: 1, y: 2 })
})

test('a tagged nullable struct says with a variable-length number whether it is there', () => {
  const member = { clientId: 'c', clientHost: 'h', subscribedTopicRegex: '', serverAssignor: '', instanceId: '', rackId: '' }
  const head = '01 01 02 63 02 68 01 01 ffffffff 01'.replaceAll(' ', '')
  const withNull = { ...member, rebalanceTimeoutMs: -1, classicMemberMetadata: null }
  assert.equal(written(ConsumerGroupMemberMetadataValue, 0, withNull), `${head}01000100`)
  assert.equal(read(ConsumerGroupMemberMetadataValue, 0, `${head}01000100`).classicMemberMetadata, null)
  const classic = { sessionTimeoutMs: 7, supportedProtocols: [] }
  const present = { ...withNull, classicMemberMetadata: classic }
  assert.equal(written(ConsumerGroupMemberMetadataValue, 0, present), `${head}01000701000000070100`)
  assert.deepEqual(read(ConsumerGroupMemberMetadataValue, 0, `${head}01000701000000070100`).classicMemberMetadata, classic)
})

test('every negative length is null where null is allowed, and malformed where it is not', () => {
  assert.equal(read(Sample, 1, '00000000 fffe ffffffff 0000 00000000').label, null)
  assert.throws(() => read(Sample, 0, '00000000 ffff 00000000'), new MalformedBytes('Sample.label is null'))
  assert.throws(() => read(Sample, 0, '00000000 0000 ffffffff'), new MalformedBytes('Sample.items is null'))
  assert.throws(() => read(Sample, 2, '00000000 01 ffffffff 00 00 00'), new MalformedBytes('Sample.hint is null'))
})

test('a length that cannot be true is refused before anything is allocated', () => {
  const before = process.memoryUsage().arrayBuffers
  for (const length of ['7fffffff', '00000002'])
    assert.throws(() => read(Sample, 0, `00000000 0000 ${length} 0000`), MalformedBytes)
  assert.throws(() => read(Sample, 2, '00000000 01 ffffffff 01 ffffffff0f 00'), MalformedBytes)
  assert.throws(() => read(Sample, 2, '00000000 01 ffffffff 01 ffffffffff0f 00'), MalformedBytes, 'a varint of six bytes')
  assert.throws(() => read(Sample, 2, `00000000 828002 ${'61'.repeat(0x8001)}`), /32769 bytes/)
  assert.ok(process.memoryUsage().arrayBuffers - before < 1_000_000)
})

test('a message with more items than memory should hold is refused, however small they are', () => {
  const Names = message({ name: 'Names', versions: '0', flexible: '0', fields: { names: array(string()) } })
  const hostile = new ByteWriter()
  hostile.uvarint(4_500_001)
  hostile.raw(Buffer.alloc(4_500_000, 1)) // each an empty name
  assert.throws(() => codec(Names, 0).read(new ByteReader(hostile.toBytes())), /more than one message may hold/)
})

test('what must not be null fails by name instead of becoming wrong bytes', () => {
  const missing = (path: string) => new AssertionFailed(`${path} must be given and must not be null`)
  assert.throws(() => written(Sample, 0, { label: null }), missing('Sample.label'))
  assert.throws(() => written(Sample, 0, { items: [{ flags: null as never }] }), missing('Sample.items.flags'))
  assert.throws(() => written(Sample, 2, { extra: null as never }), missing('Sample.extra'))
  assert.throws(() => written(Sample, 0, { label: 'ü'.repeat(20_000) }), /Sample.label has 40000 bytes/)
})

test('bytes may be written in pieces, and read as a view of what came', () => {
  const Blob = message({ name: 'Blob', versions: '0', fields: { data: bytes() } })
  const pieces = [Buffer.from('ab', 'hex'), Buffer.alloc(5000, 0xcd), Buffer.from('ef', 'hex')]
  assert.equal(written(Blob, 0, { data: pieces }), '0000138a' + 'ab' + 'cd'.repeat(5000) + 'ef')
  const frame = Buffer.from('00000002cafe', 'hex')
  const { data } = codec(Blob, 0).read(new ByteReader(frame))
  assert.equal(data.buffer, frame.buffer)
})

test('an exact field keeps every bit of 2^63-1; FetchRequest.highWatermark begins with it', () => {
  const Offset = message({ name: 'Offset', versions: '0', fields: { offset: exact(int64()) } })
  assert.equal(read(Offset, 0, written(Offset, 0, { offset: 2n ** 63n - 1n })).offset, 9223372036854775807n)
  const request = read(FetchRequest, 17, written(FetchRequest, 17, { topics: [{ partitions: [{}] }] }))
  assert.equal(request.topics[0]!.partitions[0]!.highWatermark, 2n ** 63n - 1n)
})

test('a version that a message does not have is a mistake of the caller', () => {
  assert.throws(() => codec(Sample, 4), RangeError)
  assert.throws(() => codec(ProduceRequest, 2), /ProduceRequest has versions 3-13, not 2/)
})

test('where code may not be made from text, the interpreter does the work', () => {
  const script = `
    import { codec } from '${new URL('codec.js', import.meta.url)}'
    import { HeartbeatRequest } from '${new URL('messages/heartbeat.js', import.meta.url)}'
    import { ByteReader, ByteWriter } from '${new URL('../base/bytes.js', import.meta.url)}'
    const writer = new ByteWriter()
    codec(HeartbeatRequest, 4).write(writer, { groupId: 'g', memberId: 'm' })
    console.log(codec(HeartbeatRequest, 4).read(new ByteReader(writer.toBytes())).groupId)`
  const flags = ['--disallow-code-generation-from-strings', '--input-type=module', '-e', script]
  assert.equal(execFileSync(process.execPath, flags, { encoding: 'utf8' }), 'g\n')
})
