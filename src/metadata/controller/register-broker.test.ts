import assert from 'node:assert/strict'
import { test } from 'node:test'
import { controlledShutdown, fenceBroker } from '../../../test/support/broker-commands.ts'
import { directory, TestController } from '../../../test/support/test-controller.ts'
import { KafkaError } from '../../protocol/errors.ts'
import { registeredFeatures } from '../features.ts'
import { registerController } from './activation.ts'
import { type Registration, registerBroker, unregisterBroker } from './brokers.ts'
import { heartbeat } from './heartbeats.ts'
import { requireCluster } from './registration-checks.ts'

const refusedWith = (name: string) => (thrown: unknown) => thrown instanceof KafkaError && thrown.error === name

const uuid = (seed: number) => Buffer.alloc(16, seed).toString('base64url')

function registration(fields: Partial<Registration> = {}): Registration {
  return {
    brokerId: 1,
    incarnationId: uuid(77),
    listeners: [{ name: 'PLAINTEXT', host: 'h', port: 9092, securityProtocol: 0 }],
    features: registeredFeatures(),
    rack: 'r',
    logDirs: [directory(1)],
    previousBrokerEpoch: -1,
    ...fields,
  }
}

const register = (it: TestController, fields: Partial<Registration> = {}, now = 0) =>
  it.run((controller) => registerBroker(controller, registration(fields), now), now).brokerEpoch

const refuses = (it: TestController, error: string, fields: Partial<Registration>, now = 0) =>
  assert.throws(() => register(it, fields, now), refusedWith(error), JSON.stringify(fields))

test('a broker is registered fenced, under the offset of its record', () => {
  const it = TestController.withBrokers()
  const before = it.written.length
  const records = it.recordsOf((controller) => registerBroker(controller, registration(), 0))
  assert.deepEqual(
    records.map(([kind]) => kind),
    ['RegisterBrokerRecord'],
  )
  const broker = it.controller.image.brokers.get(1)!
  assert.deepEqual([broker.epoch, broker.fenced, broker.inControlledShutdown, broker.rack], [before, true, false, 'r'])
})

test('a process that registers again amends its registration and keeps epoch and state', () => {
  const it = TestController.withBrokers()
  const brokerEpoch = register(it)
  const beat = { brokerId: 1, brokerEpoch, currentMetadataOffset: 99, wantFence: false, wantShutDown: false }
  it.run((controller) => heartbeat(controller, beat, 0))
  assert.equal(register(it, { rack: 'other' }), brokerEpoch)
  const { fenced, rack, epoch } = it.controller.image.brokers.get(1)!
  assert.deepEqual([fenced, rack, epoch], [false, 'other', brokerEpoch])
  it.topic('t', [[1]])
  it.run((controller) => controlledShutdown(controller, { brokerId: 1, brokerEpoch }))
  register(it)
  assert.ok(it.controller.image.brokers.get(1)!.inControlledShutdown, 'it still leaves')
})

test('another process is refused while the first was heard of within a session, fenced or not', () => {
  const it = TestController.withBrokers()
  const brokerEpoch = register(it)
  const second = { incarnationId: uuid(78) }
  refuses(it, 'DUPLICATE_BROKER_REGISTRATION', second, 9000)
  const beat = { brokerId: 1, brokerEpoch, currentMetadataOffset: -1, wantFence: true, wantShutDown: false }
  it.run((controller) => heartbeat(controller, beat, 5000), 5000)
  refuses(it, 'DUPLICATE_BROKER_REGISTRATION', second, 14_000)
  assert.notEqual(register(it, second, 14_001), brokerEpoch)
})

test('the marker of a clean stop proves that the process before is over', () => {
  const it = TestController.withBrokers()
  const brokerEpoch = register(it)
  refuses(it, 'DUPLICATE_BROKER_REGISTRATION', { incarnationId: uuid(78), previousBrokerEpoch: brokerEpoch - 1 })
  assert.notEqual(register(it, { incarnationId: uuid(78), previousBrokerEpoch: brokerEpoch }), brokerEpoch)
})

test('another process is registered as soon as the first is known to have ended, fenced or not, and only in the place of that life', () => {
  const it = TestController.withBrokers(2)
  for (const now of [1000, 2000]) {
    const before = it.epochOf(2)
    const next = registration({ brokerId: 2, incarnationId: uuid(now / 100), logDirs: [directory(2)] })
    const tryIt = (endedEpoch: number | null) => it.run((controller) => registerBroker(controller, next, now, endedEpoch), now)
    for (const other of [null, before - 1]) assert.throws(() => tryIt(other), refusedWith('DUPLICATE_BROKER_REGISTRATION'))
    assert.ok(tryIt(before).brokerEpoch > before)
    assert.ok(it.controller.image.brokers.get(2)!.fenced)
  }
})

test('a controller that was just elected takes whoever comes first for the one that lives', () => {
  const it = TestController.withBrokers(2)
  it.controller.onUnloaded()
  it.controller.onLoaded(50_000)
  refuses(it, 'DUPLICATE_BROKER_REGISTRATION', { brokerId: 2 }, 59_000)
  register(it, { brokerId: 2 }, 59_001)
})

test("a controller's own broker need not wait for the session of the process before: that one is gone", () => {
  const it = TestController.withBrokers(1)
  it.controller.onUnloaded()
  it.controller.onLoaded(50_000)
  register(it, {}, 50_001)
  refuses(it, 'DUPLICATE_BROKER_REGISTRATION', { incarnationId: uuid(78) }, 50_002)
})

test('what no broker can be is refused', () => {
  const it = TestController.withBrokers(2)
  refuses(it, 'INVALID_REQUEST', { listeners: [] })
  refuses(it, 'BROKER_ID_NOT_REGISTERED', { isMigratingZkBroker: true })
  for (const logDirs of [[], [uuid(0)], ['AAAAAAAAAAAAAAAAAAAAYw'], [directory(1), directory(1)], [directory(2)], ['what']])
    refuses(it, 'INVALID_REGISTRATION', { logDirs })
  register(it, { logDirs: ['AAAAAAAAAAAAAAAAAAAAZA'] })
  assert.throws(() => requireCluster('ours', { clusterId: 'theirs' }), refusedWith('INCONSISTENT_CLUSTER_ID'))
  requireCluster('ours', { clusterId: 'ours' })
})

test('a broker supports every finalised feature, and needs none that is off', () => {
  const it = TestController.withBrokers()
  const change = (name: string, range: object) =>
    registeredFeatures().map((one) => (one.name === name ? { ...one, ...range } : one))
  refuses(it, 'UNSUPPORTED_VERSION', { features: change('group.version', { maxSupportedVersion: 0 }) })
  refuses(it, 'UNSUPPORTED_VERSION', {
    features: change('metadata.version', { minSupportedVersion: 30, maxSupportedVersion: 31 }),
  })
  refuses(it, 'UNSUPPORTED_VERSION', { features: registeredFeatures().filter(({ name }) => name !== 'metadata.version') })
  const unknown = { name: 'later.version', maxSupportedVersion: 2 }
  refuses(it, 'UNSUPPORTED_VERSION', { features: [...registeredFeatures(), { ...unknown, minSupportedVersion: 1 }] })
  register(it, { features: [...registeredFeatures(), { ...unknown, minSupportedVersion: 0 }] })
})

test('a broker that comes back without proof of a clean stop leaves the ELR, even one that was forgotten meanwhile', () => {
  const it = TestController.withBrokers(1, 2)
  it.topic('t', [[1, 2]], { 'min.insync.replicas': '2' })
  it.run((controller) => fenceBroker(controller, { brokerId: 2, brokerEpoch: it.epochOf(2) }))
  assert.deepEqual(it.partition('t').elr, [2])
  it.run((controller) => unregisterBroker(controller, { brokerId: 2 }))
  assert.deepEqual(it.partition('t').elr, [2])
  register(it, { brokerId: 2, logDirs: [directory(2)] })
  assert.deepEqual([it.partition('t').elr, it.partition('t').isr], [[], [1]])
})

test('controllers register by request, and those that say less are the one that decides', () => {
  const it = TestController.withBrokers()
  const endPoints = [{ name: 'CONTROLLER', host: 'h', port: 9093, securityProtocol: 0 }]
  const features = [{ name: 'metadata.version', minSupportedVersion: 23, maxSupportedVersion: 29 }]
  it.run((controller) => registerController(controller, { controllerId: 3, incarnationId: uuid(3), endPoints, features }))
  it.run((controller) => registerController(controller, { incarnationId: uuid(1), endPoints }))
  const found = [...it.controller.image.controllers.values()].map(({ controllerId, features: list }) => [
    controllerId,
    list.length,
  ])
  assert.deepEqual(found, [
    [3, 1],
    [1, registeredFeatures().length],
  ])
  assert.deepEqual(it.replayed().controllers, it.controller.image.controllers)
})
