import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MalformedBytes } from '../base/bytes.ts'
import { brokerChange, type MetadataRecord, metadataCodec, partitionChange, record } from './records.ts'

const TOPIC = 'PotCBoYESumzlfQt_mXW5Q'
const DIRECTORY = 'Cc8TzkB4SVm3p3mJZcX0Kg'

/** Records of a running Apache Kafka 4.2, as its own metadata log holds them. */
const captured: [string, MetadataRecord][] = [
  ['01020002743e8b420686044ae9b395f42dfe65d6e500', record('TopicRecord', { name: 't', topicId: TOPIC })],
  [
    '010302000000003e8b420686044ae9b395f42dfe65d6e50200000001020000000101010000000100000000000000000209cf13ce40784959b7a7798965c5f42a00',
    record('PartitionRecord', {
      partitionId: 0,
      topicId: TOPIC,
      replicas: [1],
      isr: [1],
      removingReplicas: [],
      addingReplicas: [],
      leader: 1,
      leaderRecoveryState: 0,
      leaderEpoch: 0,
      partitionEpoch: 0,
      directories: [DIRECTORY],
      eligibleLeaderReplicas: null,
      lastKnownElr: null,
    }),
  ],
  [
    '0104000401146d696e2e696e73796e632e7265706c69636173023100',
    record('ConfigRecord', { resourceType: 4, resourceName: '', name: 'min.insync.replicas', value: '1' }),
  ],
  [
    '010502000000003e8b420686044ae9b395f42dfe65d6e5040001010104ffffffff0605020000000107050200000001',
    partitionChange(TOPIC, 0, { isr: [], leader: -1, eligibleLeaderReplicas: [1], lastKnownElr: [1] }),
  ],
  [
    '010502000000003e8b420686044ae9b395f42dfe65d6e50400050200000001010400000001060101070101',
    partitionChange(TOPIC, 0, { isr: [1], leader: 1, eligibleLeaderReplicas: [], lastKnownElr: [] }),
  ],
  [
    '010c00116d657461646174612e76657273696f6e001d00',
    record('FeatureLevelRecord', { name: 'metadata.version', featureLevel: 29 }),
  ],
  ['01110000000001000000000000000e010001ff', brokerChange({ id: 1, epoch: 14 }, { fenced: -1 })],
  ['01110100000001000000000000000e01010101', brokerChange({ id: 1, epoch: 14 }, { inControlledShutdown: 1 })],
  ['01110000000001000000000000000e01000101', brokerChange({ id: 1, epoch: 14 }, { fenced: 1 })],
  ['01140000', record('NoOpRecord', {})],
  ['01170001001212426f6f747374726170207265636f726473', record('BeginTransactionRecord', { name: 'Bootstrap records' })],
  ['01180000', record('EndTransactionRecord', {})],
  [
    '0100030000000100f3f2131421674f76b3c36ebcc8b690110000000000000071020a504c41494e544558540a3132372e302e302e314c88000000020e67726f75702e76657273696f6e00000001000001000100110209cf13ce40784959b7a7798965c5f42a',
    record('RegisterBrokerRecord', {
      brokerId: 1,
      isMigratingZkBroker: false,
      incarnationId: '8_ITFCFnT3azw268yLaQEQ',
      brokerEpoch: 113,
      endPoints: [{ name: 'PLAINTEXT', host: '127.0.0.1', port: 19592, securityProtocol: 0 }],
      features: [{ name: 'group.version', minSupportedVersion: 0, maxSupportedVersion: 1 }],
      rack: null,
      fenced: true,
      inControlledShutdown: false,
      logDirs: [DIRECTORY],
    }),
  ],
]

test('records are framed and written byte for byte as Apache Kafka writes them, and read back', () => {
  for (const [hex, entry] of captured) {
    const { key, value } = metadataCodec.encode(entry)
    assert.equal(key, null)
    assert.equal(Buffer.from(value!).toString('hex'), hex, entry.kind)
    assert.deepEqual(metadataCodec.decode(null, Buffer.from(hex, 'hex')), entry)
  }
})

test('a kind that Kafka 4.2 does not have is unknown; a frame it does not have, and half a record, are malformed', () => {
  assert.equal(metadataCodec.decode(null, Buffer.from('01630000', 'hex')), null)
  assert.throws(() => metadataCodec.decode(null, Buffer.from('02140000', 'hex')), MalformedBytes)
  assert.throws(() => metadataCodec.decode(null, Buffer.from('010200027', 'hex')), MalformedBytes)
  assert.throws(() => metadataCodec.decode(null, null), MalformedBytes)
})
