import assert from 'node:assert/strict'
import { test } from 'node:test'
import { controlledShutdown, fenceBroker, unfenceBroker } from '../../../test/support/broker-commands.ts'
import { named, TestController } from '../../../test/support/test-controller.ts'
import { KafkaError } from '../../protocol/errors.ts'
import { activate, bootstrapFeatures } from './activation.ts'
import { assignDirectories } from './assign-directories.ts'
import { unregisterBroker } from './brokers.ts'
import { incrementalAlterConfigs } from './configs.ts'
import { createTopics } from './create-topics.ts'
import { updateFeatures } from './features.ts'
import { fenceExpired, heartbeat } from './heartbeats.ts'
import { allocateProducerIds } from './producer-ids.ts'

const refusedWith = (name: string) => (thrown: unknown) => thrown instanceof KafkaError && thrown.error === name

function withTopic(
  house: TestController,
  replicationFactor = 1,
  configs: { name: string; value: string }[] = [],
): TestController {
  const topic = { name: 't', numPartitions: 1, replicationFactor, assignments: [], configs }
  house.run((controller) => createTopics(controller, { topics: [topic], validateOnly: false }))
  return house
}

test('a new cluster begins with the records of Kafka 4.2, as one metadata transaction', () => {
  const house = new TestController()
  const records = house.recordsOf((controller) => activate(controller, { bootstrap: null, minInsyncReplicas: 1 }))
  assert.deepEqual(
    records.map(([kind]) => kind),
    ['BeginTransactionRecord', ...Array(6).fill('FeatureLevelRecord'), 'ConfigRecord', 'EndTransactionRecord'],
  )
  assert.equal(house.controller.image.features.get('metadata.version'), 29)
  assert.equal(house.controller.image.configsOf({ type: 'broker', name: '' }).get('min.insync.replicas'), '1')
  assert.deepEqual(
    house.recordsOf((controller) => activate(controller, { bootstrap: null, minInsyncReplicas: 1 })),
    [],
  )
})

test('a cluster of another metadata.version is refused with advice', () => {
  const bootstrap = bootstrapFeatures().map((entry) =>
    entry.kind === 'FeatureLevelRecord' && entry.value.name === 'metadata.version'
      ? { ...entry, value: { ...entry.value, featureLevel: 22 } }
      : entry,
  )
  const house = new TestController()
  assert.throws(
    () => house.run((controller) => activate(controller, { bootstrap, minInsyncReplicas: 1 })),
    (thrown) => refusedWith('UNSUPPORTED_VERSION')(thrown) && /kafka-features upgrade/.test((thrown as Error).message),
  )
})

test('a transaction that a dead controller left open is aborted first', () => {
  const house = TestController.withBrokers(1)
  house.controller.image.apply({ kind: 'BeginTransactionRecord', value: { name: 'left open' } })
  const records = house.recordsOf((controller) => activate(controller, { bootstrap: null, minInsyncReplicas: 1 }))
  assert.deepEqual(
    records.map(([kind]) => kind),
    ['AbortTransactionRecord'],
  )
})

// The sequences of the next three tests were taken from the metadata log of a running Apache Kafka 4.2 node.

test('a clean stop gives partitions up to their ELR, and the next start takes them back', () => {
  const house = withTopic(TestController.withBrokers())
  const brokerEpoch = house.start(1)
  withTopic(house)
  const who = { brokerId: 1, brokerEpoch }
  const leaving = house.recordsOf((controller) => controlledShutdown(controller, who)).map(named)
  assert.deepEqual(leaving, [
    'BrokerRegistrationChangeRecord',
    { isr: [], leader: -1, eligibleLeaderReplicas: [1], lastKnownElr: [1] },
  ])
  assert.deepEqual(house.recordsOf((controller) => fenceBroker(controller, who)).map(named), ['BrokerRegistrationChangeRecord'])
  const next = house.register(1, brokerEpoch)
  const back = house.recordsOf((controller) => unfenceBroker(controller, { brokerId: 1, brokerEpoch: next })).map(named)
  assert.deepEqual(back, [
    'BrokerRegistrationChangeRecord',
    { isr: [1], leader: 1, eligibleLeaderReplicas: [], lastKnownElr: [] },
  ])
  assert.equal(house.controller.image.partition('t', 0)!.leaderRecoveryState, 0)
})

test('a broker with more partitions than one decision may change goes and comes back in several', () => {
  const house = new TestController({ sessionTimeoutMs: null })
  house.run((controller) => activate(controller, { bootstrap: null, minInsyncReplicas: 1 }))
  const brokerEpoch = house.start(1)
  const topic = { name: 'wide', numPartitions: 600, replicationFactor: 1, assignments: [], configs: [] }
  house.run((controller) => createTopics(controller, { topics: [topic], validateOnly: false }))
  const who = { brokerId: 1, brokerEpoch }
  const led = () => house.controller.image.topic('wide')!.partitions.filter(({ leader }) => leader === 1).length
  const rounds = (command: typeof fenceBroker, id = who) => {
    const seen = [led()]
    for (;;) {
      const { isDone } = house.run((controller) => command(controller, id))
      seen.push(led())
      if (isDone) return seen
    }
  }
  assert.deepEqual(rounds(controlledShutdown), [600, 350, 100, 0])
  assert.deepEqual(rounds(fenceBroker), [0, 0])
  const next = house.register(1, brokerEpoch)
  assert.deepEqual(rounds(unfenceBroker, { brokerId: 1, brokerEpoch: next }), [0, 250, 500, 600])

  // And after a crash: nobody is told of an epoch before the last life is put in order.
  assert.deepEqual([house.register(1, -1, 'next'), led()], [-1, 350])
  assert.deepEqual([house.register(1, -1, 'next'), led()], [-1, 100])
  const before = house.written.length
  assert.deepEqual([house.register(1, -1, 'next'), led()], [before, 0])
})

test('heartbeats and the end of a session change no more at once than one decision may', () => {
  const house = new TestController()
  house.run((controller) => activate(controller, { bootstrap: null, minInsyncReplicas: 1 }))
  const brokerEpoch = house.start(1)
  const topic = { name: 'wide', numPartitions: 600, replicationFactor: 1, assignments: [], configs: [] }
  house.run((controller) => createTopics(controller, { topics: [topic], validateOnly: false }))
  const led = () => house.controller.image.topic('wide')!.partitions.filter(({ leader }) => leader === 1).length
  const still = { brokerId: 1, brokerEpoch, currentMetadataOffset: 1e6, wantFence: false, wantShutDown: false }
  const beat = (fields: object) => {
    const { isFenced, shouldShutDown } = house.run((controller) => heartbeat(controller, { ...still, ...fields }, 0))
    return [led(), isFenced, shouldShutDown]
  }
  const times = <T>(count: number, act: () => T) => Array.from({ length: count }, act)
  const out = [
    [350, false, false],
    [100, false, false],
  ]
  assert.deepEqual(
    times(3, () => beat({ wantFence: true })),
    [...out, [0, true, false]],
  )
  const back = [250, 500, 600, 600].map((count) => [count, false, false])
  assert.deepEqual(
    times(4, () => beat({})),
    back,
  )

  // The next look comes at once while there is more to do.
  const look = () => {
    let afterMs = -1
    house.run((controller) => {
      const decision = controller.onTimer('sessions', 9001)
      for (const effect of decision.effects ?? []) if (effect.kind === 'timer') afterMs = effect.afterMs
      return decision
    })
    return [led(), house.controller.image.brokers.get(1)!.fenced, afterMs]
  }
  assert.deepEqual(times(3, look), [
    [350, false, 0],
    [100, false, 0],
    [0, true, 1],
  ])
  assert.deepEqual(
    times(4, () => beat({})),
    back,
  )

  assert.deepEqual(
    times(5, () => beat({ wantShutDown: true })),
    [...out, [0, false, false], [0, true, true], [0, true, true]],
  )
})

test('the others must have seen the last of the partitions that a leaving broker gave up in several decisions', () => {
  const house = TestController.withBrokers(1, 2)
  const { epoch: brokerEpoch } = house.controller.image.brokers.get(1)!
  const assignments = Array.from({ length: 300 }, (_, partitionIndex) => ({ partitionIndex, brokerIds: [1, 2] }))
  const topic = { name: 'wide', numPartitions: -1, replicationFactor: -1, assignments, configs: [] }
  house.run((controller) => createTopics(controller, { topics: [topic], validateOnly: false }))
  const going = { brokerId: 1, brokerEpoch, currentMetadataOffset: 1e6, wantFence: false, wantShutDown: true }
  const beat = () => house.run((controller) => heartbeat(controller, going, 0)).shouldShutDown
  assert.equal(beat(), false)
  house.controller.sessions.heard(2, 0, house.written.length - 1)
  assert.deepEqual([beat(), beat()], [false, false], 'fifty moved after what the other one has seen')
  house.controller.sessions.heard(2, 0, house.written.length - 1)
  assert.equal(beat(), true)
})

test('a broker is forgotten with the last of its partitions', () => {
  const house = TestController.withBrokers(1)
  const topic = { name: 'wide', numPartitions: 300, replicationFactor: 1, assignments: [], configs: [] }
  house.run((controller) => createTopics(controller, { topics: [topic], validateOnly: false }))
  const forget = () => house.run((controller) => unregisterBroker(controller, { brokerId: 1 })).isDone
  assert.deepEqual([forget(), house.controller.image.brokers.has(1)], [false, true])
  assert.deepEqual([forget(), house.controller.image.brokers.has(1)], [true, false])
})

test('after an unclean stop the ELR is emptied, and only the last known leader comes back, as recovering', () => {
  const house = TestController.withBrokers()
  const brokerEpoch = house.start(1)
  withTopic(house)
  house.run((controller) => fenceBroker(controller, { brokerId: 1, brokerEpoch }))
  house.forget(1)
  const before = house.written.length
  const next = house.register(1, -1)
  assert.equal(next, before)
  assert.deepEqual(
    house.written.slice(before).map(({ kind, value }) => named([kind, value])),
    [{ eligibleLeaderReplicas: [] }, 'RegisterBrokerRecord'],
  )
  const back = house.recordsOf((controller) => unfenceBroker(controller, { brokerId: 1, brokerEpoch: next })).map(named)
  assert.deepEqual(back, ['BrokerRegistrationChangeRecord', { isr: [1], leader: 1, leaderRecoveryState: 1, lastKnownElr: [] }])
})

test('a node that was killed comes back at once where it watches no sessions', () => {
  const house = new TestController({ sessionTimeoutMs: null })
  house.run((controller) => activate(controller, { bootstrap: null, minInsyncReplicas: 1 }))
  house.start(1)
  withTopic(house)
  const before = house.written.length
  house.register(1, -1)
  assert.deepEqual(named([house.written[before]!.kind, house.written[before]!.value]), { isr: [], leader: -1, lastKnownElr: [1] })
})

test('another replica of the ISR leads when a leader is fenced; below the minimum the leaver keeps its right', () => {
  const house = withTopic(TestController.withBrokers(1, 2, 3), 3, [{ name: 'min.insync.replicas', value: '2' }])
  const epochs = new Map([...house.controller.image.brokers.values()].map(({ id, epoch }) => [id, epoch]))
  const [first, second, third] = house.controller.image.partition('t', 0)!.replicas as [number, number, number]
  const fence = (brokerId: number) =>
    house.recordsOf((controller) => fenceBroker(controller, { brokerId, brokerEpoch: epochs.get(brokerId)! })).map(named)[0]
  assert.deepEqual(fence(first), { isr: [second, third], leader: second })
  assert.deepEqual(fence(second), { isr: [third], leader: third, eligibleLeaderReplicas: [second] })
  assert.deepEqual(fence(third), {
    isr: [],
    leader: -1,
    eligibleLeaderReplicas: [second, third].sort(),
    lastKnownElr: [third],
  })
  house.run((controller) => unfenceBroker(controller, { brokerId: first, brokerEpoch: epochs.get(first)! }))
  assert.equal(house.controller.image.partition('t', 0)!.leader, -1, 'who may have missed records does not lead')
  house.run((controller) => unfenceBroker(controller, { brokerId: second, brokerEpoch: epochs.get(second)! }))
  const { leader, isr, elr } = house.controller.image.partition('t', 0)!
  assert.deepEqual([leader, isr, elr], [second, [second], [third]])
})

test('a new minimum of in-sync replicas ends the right of those beside a leader, and leaves it to those who alone could lead', () => {
  const house = withTopic(TestController.withBrokers(1, 2), 2, [{ name: 'min.insync.replicas', value: '2' }])
  const epochs = new Map([...house.controller.image.brokers.values()].map(({ id, epoch }) => [id, epoch]))
  const fence = (brokerId: number) =>
    house.run((controller) => fenceBroker(controller, { brokerId, brokerEpoch: epochs.get(brokerId)! }))
  const change = (value: string) => {
    const configs = [{ name: 'min.insync.replicas', configOperation: 0, value }]
    const resources = [{ resourceType: 2, resourceName: 't', configs }]
    house.run((controller) => incrementalAlterConfigs(controller, { resources, validateOnly: false }))
    const { elr, lastKnownElr } = house.controller.image.partition('t', 0)!
    return { elr, lastKnownElr }
  }
  fence(1)
  assert.deepEqual(change('1'), { elr: [], lastKnownElr: [] })
  fence(2)
  assert.deepEqual(change('2'), { elr: [2], lastKnownElr: [2] })
  house.run((controller) => unfenceBroker(controller, { brokerId: 2, brokerEpoch: epochs.get(2)! }))
  assert.equal(house.controller.image.partition('t', 0)!.leader, 2)
})

test('a broker that is shutting down gets no new leadership', () => {
  const house = TestController.withBrokers(1, 2)
  const { epoch: brokerEpoch } = house.controller.image.brokers.get(1)!
  house.run((controller) => controlledShutdown(controller, { brokerId: 1, brokerEpoch }))
  const assignments = [{ partitionIndex: 0, brokerIds: [1, 2] }]
  const topic = { name: 'new', numPartitions: -1, replicationFactor: -1, assignments, configs: [] }
  house.run((controller) => createTopics(controller, { topics: [topic], validateOnly: false }))
  const { leader, isr } = house.controller.image.partition('new', 0)!
  assert.deepEqual([leader, isr], [2, [2]])
})

test('a second process under the same id is refused while the first one lives', () => {
  const house = TestController.withBrokers(1)
  assert.throws(() => house.register(1), refusedWith('DUPLICATE_BROKER_REGISTRATION'))
  house.run((controller) => fenceExpired(controller, 9001), 9001)
  assert.ok(house.controller.image.brokers.get(1)!.fenced)
  assert.throws(() => house.register(1), refusedWith('DUPLICATE_BROKER_REGISTRATION'), 'fenced, and heard of a moment ago')
  house.register(1, -1, undefined, null, 9001)
})

test('a broker of other features or of an old epoch is refused', () => {
  const house = TestController.withBrokers(1)
  const { epoch } = house.controller.image.brokers.get(1)!
  assert.throws(
    () => house.run((controller) => unfenceBroker(controller, { brokerId: 1, brokerEpoch: epoch - 1 })),
    refusedWith('STALE_BROKER_EPOCH'),
  )
  assert.throws(
    () => house.run((controller) => allocateProducerIds(controller, { brokerId: 7, brokerEpoch: 0 })),
    refusedWith('STALE_BROKER_EPOCH'),
  )
  house.controller.image.apply({ kind: 'FeatureLevelRecord', value: { name: 'streams.version', featureLevel: 0 } })
  const noFeatures = new TestController()
  noFeatures.controller.image.apply({ kind: 'FeatureLevelRecord', value: { name: 'group.version', featureLevel: 1 } })
  noFeatures.register(1)
  noFeatures.controller.image.apply({ kind: 'FeatureLevelRecord', value: { name: 'group.version', featureLevel: 3 } })
  const answer = noFeatures.run((controller) =>
    updateFeatures(controller, {
      featureUpdates: [{ feature: 'group.version', maxVersionLevel: 2, allowDowngrade: true, upgradeType: 2 }],
      validateOnly: false,
    }),
  )
  assert.equal(answer.errorCode, 95)
})

test('heartbeats unfence who has caught up, and let go who has moved its partitions', () => {
  const house = TestController.withBrokers(1, 2)
  const brokerEpoch = house.register(3)
  const beat = (fields: object, now = 0) =>
    house.run((controller) =>
      heartbeat(
        controller,
        { brokerId: 3, brokerEpoch, currentMetadataOffset: -1, wantFence: false, wantShutDown: false, ...fields },
        now,
      ),
    )
  assert.deepEqual(beat({}), { isCaughtUp: false, isFenced: true, shouldShutDown: false })
  assert.deepEqual(beat({ currentMetadataOffset: brokerEpoch }), { isCaughtUp: true, isFenced: false, shouldShutDown: false })
  const assignments = [{ partitionIndex: 0, brokerIds: [3, 1] }]
  const led = { name: 'led', numPartitions: -1, replicationFactor: -1, assignments, configs: [] }
  house.run((controller) => createTopics(controller, { topics: [led], validateOnly: false }))
  const going = { currentMetadataOffset: brokerEpoch, wantShutDown: true }
  assert.deepEqual(beat(going), { isCaughtUp: true, isFenced: false, shouldShutDown: false })
  assert.deepEqual(beat(going), { isCaughtUp: true, isFenced: false, shouldShutDown: false })
  for (const id of [1, 2]) house.controller.sessions.heard(id, 0, house.written.length)
  assert.deepEqual(beat(going), { isCaughtUp: true, isFenced: true, shouldShutDown: true })
  assert.ok(house.controller.image.brokers.get(3)!.fenced)
})

test('producer ids are handed out in blocks, and never twice', () => {
  const house = TestController.withBrokers(1)
  const { epoch: brokerEpoch } = house.controller.image.brokers.get(1)!
  const next = () => house.run((controller) => allocateProducerIds(controller, { brokerId: 1, brokerEpoch }))
  assert.deepEqual(
    [next(), next()],
    [
      { producerIdStart: 0, producerIdLen: 1000 },
      { producerIdStart: 1000, producerIdLen: 1000 },
    ],
  )
  assert.equal(house.replayed().nextProducerId, 2000)
})

test('features change only within what all support, downgrades only when they are asked for', () => {
  const house = TestController.withBrokers(1)
  const update = (feature: string, maxVersionLevel: number, upgradeType = 1, validateOnly = true) =>
    house.run((controller) =>
      updateFeatures(controller, {
        featureUpdates: [{ feature, maxVersionLevel, allowDowngrade: false, upgradeType }],
        validateOnly,
      }),
    ).errorCode
  assert.equal(update('nope', 1), 95)
  assert.equal(update('metadata.version', 999), 95)
  assert.equal(update('group.version', 0), 95)
  assert.equal(update('group.version', 0, 2), 0)
  assert.equal(update('group.version', 1), 0)
  assert.equal(update('group.version', 1, 9), 95)
  assert.equal(update('group.version', -1), 95)
  assert.equal(update('metadata.version', 22, 3), 95)
  assert.equal(update('group.version', 0, 2, false), 0)
  assert.equal(house.controller.image.features.has('group.version'), false)
})

test('a directory that a broker names is kept for its replica alone', () => {
  const house = withTopic(TestController.withBrokers(1))
  const { id: topicId } = house.controller.image.topic('t')!
  const { epoch: brokerEpoch } = house.controller.image.brokers.get(1)!
  const directoryId = Buffer.alloc(16, 222).toString('base64url')
  const assign = () =>
    house.recordsOf((controller) =>
      assignDirectories(controller, {
        brokerId: 1,
        brokerEpoch,
        directories: [{ id: directoryId, topics: [{ topicId, partitions: [{ partitionIndex: 0 }] }] }],
      }),
    )
  assert.equal(assign().length, 1)
  assert.deepEqual(house.controller.image.partition('t', 0)!.directories, [directoryId])
  assert.equal(assign().length, 0)
})
