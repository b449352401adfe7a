import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from '../../test/support/fast-check.ts'
import { DeltaCollector } from './delta.ts'
import { MetadataImage } from './image.ts'
import { recordsOf } from './image-records.ts'
import { type MetadataRecord, metadataCodec, partitionChange, type RecordOf, record } from './records.ts'

const uuid = (seed: number) => Buffer.from([...Array(15).fill(7), seed]).toString('base64url')

const partition = (topicId: string, partitionId: number): RecordOf<'PartitionRecord'> => ({
  partitionId,
  topicId,
  replicas: [1, 2],
  isr: [1, 2],
  removingReplicas: [],
  addingReplicas: [],
  leader: 1,
  leaderRecoveryState: 0,
  leaderEpoch: 0,
  partitionEpoch: 0,
  directories: [uuid(91), uuid(92)],
  eligibleLeaderReplicas: null,
  lastKnownElr: null,
})

const aTopic = (name: string, seed: number, partitions = 1): MetadataRecord[] => [
  record('TopicRecord', { name, topicId: uuid(seed) }),
  ...Array.from({ length: partitions }, (_, index) => record('PartitionRecord', partition(uuid(seed), index))),
]

function imageOf(records: Iterable<MetadataRecord>): MetadataImage {
  const image = new MetadataImage()
  for (const entry of records) image.apply(entry)
  return image
}

/** Everything an image holds, comparable. */
function contents(image: MetadataImage) {
  const { features, brokers, controllers, topics, topicsById, configs, quotas, scram, acls, delegationTokens } = image
  const { nextProducerId, zkMigrationState } = image
  return {
    features,
    brokers,
    controllers,
    topics,
    topicsById,
    configs,
    quotas,
    scram,
    acls,
    delegationTokens,
    nextProducerId,
    zkMigrationState,
  }
}

// Steps that make sense in any order: each looks at the image to name only what is there.
type Step = (image: MetadataImage, n: number) => MetadataRecord[]
const steps: Step[] = [
  (image, n) => (image.topic(`t${n % 5}`) ? [] : aTopic(`t${n % 5}`, n, (n % 3) + 1)),
  (image, n) => [...image.topics.values()].slice(0, n % 2).map(({ id }) => record('RemoveTopicRecord', { topicId: id })),
  (image, n) => [...image.topics.values()].slice(-1).map(({ id }) => partitionChange(id, 0, { isr: [n], leader: n })),
  (image) =>
    [...image.topics.values()]
      .slice(-1)
      .map(({ id }) => partitionChange(id, 0, { isr: [], leader: -1, eligibleLeaderReplicas: [1, 2], lastKnownElr: [1] })),
  () => [record('ClearElrRecord', { topicName: '' })],
  (_, n) => [
    record('ConfigRecord', {
      resourceType: [2, 4, 16, 32][n % 4]!,
      resourceName: `t${n % 5}`,
      name: `k${n % 2}`,
      value: n % 3 ? `${n}` : null,
    }),
  ],
  (_, n) => [record('FeatureLevelRecord', { name: n % 2 ? 'group.version' : 'metadata.version', featureLevel: n % 3 })],
  (_, n) => [
    record('RegisterBrokerRecord', {
      brokerId: n % 3,
      isMigratingZkBroker: false,
      incarnationId: uuid(n),
      brokerEpoch: n,
      endPoints: [{ name: 'A', host: 'h', port: n, securityProtocol: 0 }],
      features: [],
      rack: n % 2 ? 'r' : null,
      fenced: true,
      inControlledShutdown: false,
      logDirs: [uuid(n)],
    }),
  ],
  (image, n) =>
    [...image.brokers.values()].slice(0, 1).map(({ id: brokerId, epoch: brokerEpoch }) =>
      record('BrokerRegistrationChangeRecord', {
        brokerId,
        brokerEpoch,
        fenced: (n % 3) - 1,
        inControlledShutdown: 0,
        logDirs: [],
      }),
    ),
  (image) =>
    [...image.brokers.values()]
      .slice(0, 1)
      .map(({ id: brokerId, epoch: brokerEpoch }) => record('UnregisterBrokerRecord', { brokerId, brokerEpoch })),
  (_, n) => [
    record('RegisterControllerRecord', {
      controllerId: n % 2,
      incarnationId: uuid(n),
      zkMigrationReady: false,
      endPoints: [],
      features: [],
    }),
  ],
  (_, n) => [record('ProducerIdsRecord', { brokerId: 1, brokerEpoch: 2, nextProducerId: n * 1000 })],
  (_, n) => [
    record('ClientQuotaRecord', {
      entity: [{ entityType: 'user', entityName: n % 2 ? 'u' : null }],
      key: 'producer_byte_rate',
      value: n,
      remove: n % 3 === 0,
    }),
  ],
  (_, n) => [
    record('UserScramCredentialRecord', {
      name: `u${n % 2}`,
      mechanism: 1,
      salt: Buffer.from([n]),
      storedKey: Buffer.from([1]),
      serverKey: Buffer.from([2]),
      iterations: 4096,
    }),
  ],
  (_, n) => [record('RemoveUserScramCredentialRecord', { name: `u${n % 2}`, mechanism: 1 })],
  (_, n) => [
    record('AccessControlEntryRecord', {
      id: uuid(n),
      resourceType: 2,
      resourceName: 't',
      patternType: 3,
      principal: 'User:a',
      host: '*',
      operation: 3,
      permissionType: 3,
    }),
  ],
  (image) => [...image.acls.keys()].slice(0, 1).map((id) => record('RemoveAccessControlEntryRecord', { id })),
  (_, n) => [
    record('DelegationTokenRecord', {
      owner: 'User:a',
      requester: 'User:a',
      renewers: [],
      issueTimestamp: 1,
      maxTimestamp: 2,
      expirationTimestamp: 2,
      tokenId: `${n}`,
    }),
  ],
  () => [record('ZkMigrationStateRecord', { zkMigrationState: 0 }), record('NoOpRecord', {})],
]

const anyImage = fc.array(fc.tuple(fc.nat(steps.length - 1), fc.nat(200)), { maxLength: 60, size: 'max' }).map((choices) => {
  const image = new MetadataImage()
  for (const [which, n] of choices) for (const entry of steps[which]!(image, n)) image.apply(entry)
  return image
})

test('an image is the same after it went through its records and their bytes', () => {
  fc.assert(
    fc.property(anyImage, (image) => {
      const through = [...recordsOf(image)].map((entry) => {
        const { key, value } = metadataCodec.encode(entry)
        return metadataCodec.decode(key, value)!
      })
      assert.deepEqual(plain(contents(imageOf(through))), plain(contents(image)))
    }),
    { numRuns: 200 },
  )
})

/** Bytes that were read are views of another kind; their content is what counts. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  if (value instanceof Map) return new Map([...value].map(([key, inner]) => [key, plain(inner)]))
  if (Array.isArray(value)) return value.map(plain)
  if (value !== null && typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]))
  return value
}

test('the records of an image are of the moment they were asked for', () => {
  const image = imageOf(aTopic('t', 1, 2))
  const records = recordsOf(image)
  image.apply(partitionChange(uuid(1), 1, { leader: 2 }))
  image.apply(record('PartitionRecord', partition(uuid(1), 2)))
  assert.deepEqual([...records], aTopic('t', 1, 2))
})

test('a metadata transaction counts at its end, and never when it is aborted', () => {
  const begin = record('BeginTransactionRecord', { name: 'x' })
  const image = imageOf([begin, ...aTopic('a', 1)])
  assert.equal(image.topics.size, 0)
  assert.ok(image.isInTransaction)
  image.apply(record('EndTransactionRecord', {}))
  assert.deepEqual([...image.topics.keys()], ['a'])
  for (const entry of [begin, ...aTopic('b', 2), record('AbortTransactionRecord', { reason: null })]) image.apply(entry)
  assert.deepEqual([...image.topics.keys()], ['a'])
  assert.ok(!image.isInTransaction)
})

test('a named leader begins a leader epoch, another change only a partition epoch', () => {
  const image = imageOf(aTopic('t', 1))
  image.apply(partitionChange(uuid(1), 0, { isr: [1] }))
  const shrunk = image.partition('t', 0)!
  assert.deepEqual([shrunk.isr, shrunk.leaderEpoch, shrunk.partitionEpoch], [[1], 0, 1])
  image.apply(partitionChange(uuid(1), 0, { leader: 2 }))
  const led = image.partition('t', 0)!
  assert.deepEqual([led.leader, led.leaderEpoch, led.partitionEpoch], [2, 1, 2])
  image.apply(partitionChange(uuid(1), 0, { leader: 2 }))
  assert.equal(image.partition('t', 0)!.leaderEpoch, 2, 'even where the same one leads on')
})

test('configurations of a topic go with it', () => {
  const image = imageOf([
    ...aTopic('t', 1),
    record('ConfigRecord', { resourceType: 2, resourceName: 't', name: 'k', value: 'v' }),
  ])
  assert.equal(image.configsOf({ type: 'topic', name: 't' }).get('k'), 'v')
  image.apply(record('RemoveTopicRecord', { topicId: uuid(1) }))
  assert.equal(image.configs.size, 0)
})

test('a delta tells what changed once, and nothing of what came and went', () => {
  const image = imageOf(aTopic('old', 1))
  const collector = new DeltaCollector()
  const before = image.partition('old', 0)
  const entries = [
    ...aTopic('new', 2, 2),
    ...aTopic('brief', 3),
    record('RemoveTopicRecord', { topicId: uuid(3) }),
    partitionChange(uuid(1), 0, { leader: 2 }),
    partitionChange(uuid(1), 0, { leader: 1 }),
    record('ConfigRecord', { resourceType: 2, resourceName: 'old', name: 'k', value: 'v' }),
  ]
  for (const entry of entries) image.apply(entry, collector)
  const delta = collector.finish(image, 9, false)
  assert.deepEqual(
    delta.topicsCreated.map(({ name }) => name),
    ['new'],
  )
  assert.deepEqual(delta.topicsDeleted, [])
  assert.deepEqual(delta.configsChanged, [{ type: 'topic', name: 'old' }])
  const changes = delta.partitionsChanged.map(({ topic, before: was, after }) => [
    topic.name,
    was?.leaderEpoch ?? null,
    after.leaderEpoch,
  ])
  assert.deepEqual(changes, [
    ['new', null, 0],
    ['new', null, 0],
    ['old', before!.leaderEpoch, 2],
  ])
})
