import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fenceBroker } from '../../../test/support/broker-commands.ts'
import { TestController } from '../../../test/support/test-controller.ts'
import { errorName } from '../../protocol/errors.ts'
import { registeredFeatures } from '../features.ts'
import { type MetadataRecord, record } from '../records.ts'
import { registerController } from './activation.ts'
import { type FeatureUpdate, updateFeatures } from './features.ts'

const [UPGRADE, SAFE, UNSAFE] = [1, 2, 3]

const wanted = (feature: string, maxVersionLevel: number, upgradeType = UPGRADE, allowDowngrade = false): FeatureUpdate => ({
  feature,
  maxVersionLevel,
  allowDowngrade,
  upgradeType,
})

function update(it: TestController, featureUpdates: FeatureUpdate[], validateOnly = false) {
  const { errorCode, errorMessage, results } = it.run((controller) =>
    updateFeatures(controller, { featureUpdates, validateOnly }),
  )
  return { error: errorName(errorCode), errorMessage, results: results.length }
}

const apply = (it: TestController, entry: MetadataRecord) => it.controller.image.apply(entry)

test('all updates of a request are made, or none; what is only validated leaves nothing', () => {
  const it = TestController.withBrokers(1)
  const good = [wanted('group.version', 0, SAFE), wanted('share.version', 0, UNSAFE)]
  assert.deepEqual(update(it, good, true), { error: 'NONE', errorMessage: null, results: 2 })
  assert.equal(it.controller.image.features.get('group.version'), 1)
  const mixed = update(it, [...good, wanted('nope', 1)])
  assert.deepEqual([mixed.error, mixed.results], ['INVALID_UPDATE_VERSION', 0])
  assert.match(mixed.errorMessage!, /^The update failed for all features since the following feature had an error: .* nope\. /)
  assert.equal(it.controller.image.features.get('group.version'), 1)
  update(it, good)
  assert.deepEqual(
    [it.controller.image.features.has('group.version'), it.controller.image.features.has('share.version')],
    [false, false],
  )
  assert.equal(update(it, [wanted('group.version', 1), wanted('group.version', 1)]).error, 'INVALID_REQUEST')
})

test('a downgrade must be meant as one, and nothing else', () => {
  const it = TestController.withBrokers(1)
  const errorOf = (one: FeatureUpdate) => update(it, [one], true).error
  assert.equal(errorOf(wanted('group.version', 0)), 'INVALID_UPDATE_VERSION')
  assert.equal(errorOf(wanted('group.version', 0, UPGRADE, true)), 'NONE', 'version 0 says it otherwise')
  for (const type of [0, 4, -1]) assert.equal(errorOf(wanted('group.version', 0, type)), 'INVALID_UPDATE_VERSION')
  update(it, [wanted('group.version', 0, SAFE)])
  assert.equal(errorOf(wanted('group.version', 1, SAFE)), 'INVALID_UPDATE_VERSION')
  assert.equal(errorOf(wanted('group.version', 1)), 'NONE')
})

// What Apache Kafka 4.2 answered, word for word.
test('metadata.version goes down and up again as far as metadata records say the same, and no further', () => {
  const it = TestController.withBrokers(1)
  const message = (level: number, type: number) => update(it, [wanted('metadata.version', level, type)], true).errorMessage ?? ''
  assert.match(
    message(28, UPGRADE),
    /Can't downgrade the version of this feature without setting the upgrade type to either safe/,
  )
  for (const level of [0, 7, 22])
    for (const type of [SAFE, UNSAFE]) assert.match(message(level, type), /Local controller 1 only supports versions 23-29/)
  assert.match(message(30, UPGRADE), /Invalid update version 30 for feature metadata.version. Local controller 1 only supports/)
  for (const type of [UPGRADE, SAFE]) assert.equal(message(29, type), '')
  for (const type of [SAFE, UNSAFE]) assert.equal(message(23, type), '')
  assert.deepEqual(update(it, [wanted('metadata.version', 23, SAFE)]), { error: 'NONE', errorMessage: null, results: 1 })
  assert.equal(it.controller.image.features.get('metadata.version'), 23)
  assert.match(message(22, SAFE), /only supports versions 23-29/)
  assert.equal(update(it, [wanted('metadata.version', 29)]).error, 'NONE')
  assert.equal(it.controller.image.features.get('metadata.version'), 29)
})

test('kraft.version does not go back, and is told of as Kafka tells of it', () => {
  let kraftVersion = 1
  const it = new TestController({ voterIds: () => [1], kraftVersion: () => kraftVersion })
  const message = (level: number, type: number) => update(it, [wanted('kraft.version', level, type)]).errorMessage ?? ''
  for (const type of [UPGRADE, SAFE]) assert.equal(message(1, type), '')
  for (const type of [SAFE, UNSAFE])
    assert.match(
      message(0, type),
      /Invalid update version 0 for feature kraft.version. Can't downgrade the version of this feature.$/,
    )
  assert.match(message(0, UPGRADE), /without setting the upgrade type/)
  assert.match(message(2, UPGRADE), /Local controller 1 only supports versions 0-1/)
  kraftVersion = 0
  assert.equal(message(0, SAFE), '')
  assert.match(message(1, SAFE), /Can't downgrade to a newer version/)
  assert.equal(message(1, UPGRADE), '', "the quorum's leader says it, and no record of the metadata")
  const elsewhere = new TestController({ voterIds: () => [1] })
  assert.match(update(elsewhere, [wanted('kraft.version', 1, UPGRADE)]).errorMessage ?? '', /in no quorum of controllers/)
})

test('a level that some broker or controller cannot live with is refused, and one that has not said is not guessed', () => {
  const it = new TestController({ voterIds: () => [1, 2] })
  for (const [name, featureLevel] of [
    ['metadata.version', 29],
    ['group.version', 0],
  ] as const)
    apply(it, record('FeatureLevelRecord', { name, featureLevel }))
  const why = () => update(it, [wanted('group.version', 1)], true).errorMessage ?? 'nothing'
  assert.match(why(), /controller 2 has not registered/)
  const controller = (features: ReturnType<typeof registeredFeatures>) =>
    it.run((machine) => registerController(machine, { controllerId: 2, incarnationId: 'x'.repeat(22), endPoints: [], features }))
  controller(registeredFeatures().filter(({ name }) => name !== 'group.version'))
  assert.match(why(), /Controller 2 does not support this feature/)
  controller(registeredFeatures())
  assert.equal(why(), 'nothing')
  it.register(7)
  assert.match(why(), /Broker 7 does not support this feature/)
})

test('eligible leader replicas come with one minimum of in-sync replicas for all brokers', () => {
  const it = TestController.withBrokers(1)
  const feature = 'eligible.leader.replicas.version'
  update(it, [wanted(feature, 0, SAFE)])
  const min = (resourceName: string, value: string | null) =>
    record('ConfigRecord', { resourceType: 4, resourceName, name: 'min.insync.replicas', value })
  apply(it, min('', null))
  apply(it, min('1', '3'))
  const records = it.recordsOf((controller) =>
    updateFeatures(controller, { featureUpdates: [wanted(feature, 1)], validateOnly: false }),
  )
  assert.deepEqual(records.slice(1), [
    ['ConfigRecord', min('', '1').value],
    ['ConfigRecord', min('1', null).value],
  ])
  assert.ok(it.controller.image.hasEligibleLeaderReplicas)
  it.start(2)
  it.topic('t', [[1, 2]], { 'min.insync.replicas': '2' })
  it.run((controller) => fenceBroker(controller, { brokerId: 2, brokerEpoch: it.epochOf(2) }))
  assert.deepEqual(it.partition('t').elr, [2])
  update(it, [wanted(feature, 0, SAFE)])
  assert.deepEqual([it.partition('t').elr, it.partition('t').leader], [[], 1], 'whoever leads commits without it now')
  assert.equal(update(it, [wanted(feature, 0, SAFE), wanted(feature, 1)]).error, 'INVALID_REQUEST')
})
