import assert from 'node:assert/strict'
import { test } from 'node:test'
import { directory, TestController } from '../../../test/support/test-controller.ts'
import { ByteReader, ByteWriter, MalformedBytes } from '../../base/bytes.ts'
import type { Decision } from '../../machine/machine.ts'
import type { Controller } from '../../metadata/controller/controller.ts'
import { registeredFeatures } from '../../metadata/features.ts'
import type { MetadataRecord } from '../../metadata/records.ts'
import { apiByKey } from '../../protocol/api.ts'
import { errorName, KafkaError } from '../../protocol/errors.ts'
import { writeRequestHeader } from '../../protocol/header.ts'
import { codec, type Input } from '../../protocol/schema.ts'
import type { ControllerChannel } from '../controller-channel.ts'
import { principalData } from '../envelope.ts'
import type { AnyHandler, RequestContext } from '../handler.ts'
import type { Origin } from '../pipeline.ts'
import { allocateProducerIds } from './allocate-producer-ids.ts'
import { alterPartition } from './alter-partition.ts'
import { alterPartitionReassignments } from './alter-partition-reassignments.ts'
import { assignReplicasToDirs } from './assign-replicas-to-dirs.ts'
import { brokerHeartbeat } from './broker-heartbeat.ts'
import { brokerRegistration } from './broker-registration.ts'
import { controllerRegistration } from './controller-registration.ts'
import { electLeaders } from './elect-leaders.ts'
import { envelope } from './envelope.ts'
import { listPartitionReassignments } from './list-partition-reassignments.ts'
import { unregisterBroker } from './unregister-broker.ts'
import { updateFeatures } from './update-features.ts'

const context = { connectionId: 7, listener: 'CONTROLLER', receivedAt: 5, gone: new AbortController().signal } as RequestContext

type Command = (controller: Controller, now: number) => Decision<MetadataRecord, unknown>

/** A channel to the controller in `house`; null for one that is not active. */
function channel(house: TestController | null): ControllerChannel {
  const run = async (command: Command) => {
    if (!house) throw new KafkaError('NOT_CONTROLLER')
    return house.run(command)
  }
  return { ask: run, decide: run } as unknown as ControllerChannel
}

function handlersOf(controller: ControllerChannel): AnyHandler[] {
  return [
    brokerRegistration({ controller, clusterId: 'ours', watch: null, predecessors: null }),
    brokerHeartbeat({ controller, watch: null }),
    controllerRegistration({ controller }),
    alterPartition({ controller }),
    alterPartitionReassignments({ controller }),
    listPartitionReassignments({ controller }),
    electLeaders({ controller }),
    allocateProducerIds({ controller }),
    unregisterBroker({ controller }),
    updateFeatures({ controller, quorum: null }),
    assignReplicasToDirs({ controller }),
  ]
}

/** Request and answer as they are when they went over the wire in each version. */
async function overTheWire(handler: AnyHandler, request: object): Promise<Record<string, unknown>> {
  const { api } = handler
  let last: object = {}
  for (let version = api.served.min; version <= api.served.max; version++) {
    const carried = through(codec(api.request, version), request)
    const ofVersion = { ...context, version }
    const answer = await handler
      .handle(carried, ofVersion)
      .catch((thrown: unknown) => handler.refuse(carried, KafkaError.of(thrown), ofVersion))
    last = through(codec(api.response, version), answer as object)
  }
  return last as Record<string, unknown>
}

function through(
  both: { read(from: ByteReader): object; write(to: ByteWriter, value: Input<object>): void },
  value: object,
): object {
  const writer = new ByteWriter()
  both.write(writer, value)
  return both.read(new ByteReader(Buffer.concat(writer.chunks())))
}

const initial = (handler: AnyHandler) => through(codec(handler.api.request, handler.api.served.max), {})

test('a controller that is not the active one says so in the form of each API', async () => {
  for (const handler of handlersOf(channel(null))) {
    const request = { ...initial(handler), clusterId: 'ours' }
    const answer = await overTheWire(handler, request)
    assert.equal(errorName(answer['errorCode'] as number), 'NOT_CONTROLLER', handler.api.name)
  }
})

test('what a broker says on its way through the life of a cluster is answered by the machine', async () => {
  const house = TestController.withBrokers(1, 2)
  house.topic('t', [[1, 2]])
  const [register, beat, , alter, move, list, elect, allocate, forget, update, place] = handlersOf(channel(house)) as AnyHandler[]
  const registration = {
    brokerId: 3,
    clusterId: 'theirs',
    incarnationId: Buffer.alloc(16, 33).toString('base64url'),
    listeners: [{ name: 'PLAINTEXT', host: 'h', port: 1, securityProtocol: 0 }],
    features: registeredFeatures(),
    rack: null,
    isMigratingZkBroker: false,
    logDirs: [directory(3)],
    previousBrokerEpoch: -1,
  }
  const errorOf = ({ errorCode }: Record<string, unknown>) => errorName(errorCode as number)
  const newest = async (handler: AnyHandler | undefined, request: object) =>
    (await handler!.handle(request, context)) as unknown as Record<string, unknown>
  const foreign = newest(register, registration)
  await assert.rejects(foreign, (thrown) => thrown instanceof KafkaError && thrown.error === 'INCONSISTENT_CLUSTER_ID')
  const { brokerEpoch } = await newest(register, { ...registration, clusterId: 'ours' })
  const heartbeat = {
    brokerId: 3,
    brokerEpoch,
    currentMetadataOffset: 1e6,
    wantFence: false,
    wantShutDown: false,
    offlineLogDirs: [],
  }
  assert.deepEqual(await overTheWire(beat!, heartbeat), {
    throttleTimeMs: 0,
    errorCode: 0,
    isCaughtUp: true,
    isFenced: false,
    shouldShutDown: false,
  })
  const partitions = [{ partitionIndex: 0, replicas: [3, 1, 2] }]
  await overTheWire(move!, { timeoutMs: 1, allowReplicationFactorChange: true, topics: [{ name: 't', partitions }] })
  const moving = await overTheWire(list!, { timeoutMs: 1, topics: null })
  assert.deepEqual(moving['topics'], [
    { name: 't', partitions: [{ partitionIndex: 0, replicas: [3, 1, 2], addingReplicas: [3], removingReplicas: [] }] },
  ])
  const { leaderEpoch, partitionEpoch } = house.partition('t')
  const isr = [1, 2, 3].map((brokerId) => ({ brokerId, brokerEpoch: house.epochOf(brokerId) }))
  const proposed = { partitionIndex: 0, leaderEpoch, newIsr: [], newIsrWithEpochs: isr, leaderRecoveryState: 0, partitionEpoch }
  const topicId = house.controller.image.topic('t')!.id
  await newest(alter, { brokerId: 1, brokerEpoch: house.epochOf(1), topics: [{ topicId, partitions: [proposed] }] })
  const preferred = { electionType: 0, topicPartitions: null, timeoutMs: 1 }
  const { replicaElectionResults } = await newest(elect, preferred)
  assert.deepEqual(replicaElectionResults, [
    { topic: 't', partitionResult: [{ partitionId: 0, errorCode: 0, errorMessage: null }] },
  ])
  assert.equal(house.partition('t').leader, 3)
  const block = await overTheWire(allocate!, { brokerId: 3, brokerEpoch })
  assert.deepEqual([block['producerIdStart'], block['producerIdLen']], [0, 1000])
  const directories = [{ id: directory(3), topics: [{ topicId, partitions: [{ partitionIndex: 0 }] }] }]
  assert.deepEqual((await overTheWire(place!, { brokerId: 3, brokerEpoch, directories }))['directories'], [
    { id: directory(3), topics: [{ topicId, partitions: [{ partitionIndex: 0, errorCode: 0 }] }] },
  ])
  const featureUpdates = [{ feature: 'metadata.version', maxVersionLevel: 29, allowDowngrade: false, upgradeType: 1 }]
  assert.equal(errorOf(await newest(update, { timeoutMs: 1, featureUpdates, validateOnly: true })), 'NONE')
  assert.equal(errorOf(await overTheWire(forget!, { brokerId: 3 })), 'NONE')
  assert.equal(house.controller.image.brokers.has(3), false)
})

function request(apiKey: number, apiVersion: number, body: object): Uint8Array {
  const writer = new ByteWriter()
  writeRequestHeader(writer, { apiKey, apiVersion, correlationId: 41, clientId: 'admin' })
  codec(apiByKey(apiKey)!.request, apiVersion).write(writer, body)
  return Buffer.concat(writer.chunks())
}

function inEnvelope(requestData: Uint8Array, fields: object = {}) {
  const clientHostAddress = Buffer.from([10, 0, 0, 9])
  return { requestData, requestPrincipal: principalData('User:alice'), clientHostAddress, ...fields }
}

const DELETE_TOPICS = 20

test('a request inside of another one is answered in the name of who sent it first', async () => {
  const seen: [Uint8Array, Origin, number][] = []
  const inner = async (bytes: Uint8Array, origin: Origin, receivedAt: number) => {
    seen.push([bytes, origin, receivedAt])
    return Buffer.from('the answer')
  }
  const handler = envelope({ inner, isActive: () => true })
  const inside = request(DELETE_TOPICS, 6, { topics: [], topicNames: [], timeoutMs: 1 })
  const answer = await handler.handle(inEnvelope(inside), context)
  assert.deepEqual(answer, { errorCode: 0, responseData: Buffer.from('the answer') })
  const [bytes, { principal, clientHost, listener, id }, receivedAt] = seen[0]!
  assert.deepEqual(bytes, inside)
  assert.deepEqual([principal, clientHost, listener, id, receivedAt], ['User:alice', '/10.0.0.9', 'CONTROLLER', 7, 5])
})

test('an envelope is refused for what is wrong with it, and for a controller that is not the active one', async () => {
  let isActive = true
  const malformed = () => Promise.reject(new MalformedBytes('nonsense'))
  const handler = envelope({ inner: malformed, isActive: () => isActive })
  const refused = async (body: ReturnType<typeof inEnvelope>, error: string) => {
    const thrown = await handler.handle(body, context).then(
      () => null,
      (why: unknown) => why,
    )
    assert.ok(thrown instanceof KafkaError && thrown.error === error, `${error}: ${thrown}`)
    assert.deepEqual(handler.refuse(body, thrown, context), { errorCode: thrown.code, responseData: null })
  }
  const inside = request(DELETE_TOPICS, 6, { topics: [], topicNames: [], timeoutMs: 1 })
  await refused(inEnvelope(inside), 'UNSUPPORTED_VERSION')
  await refused(inEnvelope(Buffer.from([1, 2])), 'UNSUPPORTED_VERSION')
  await refused(inEnvelope(inside, { requestPrincipal: Buffer.from([9]) }), 'PRINCIPAL_DESERIALIZATION_FAILURE')
  await refused(inEnvelope(inside, { clientHostAddress: Buffer.from([1]) }), 'INVALID_REQUEST')
  await refused(inEnvelope(request(18, 0, {})), 'INVALID_REQUEST')
  isActive = false
  await refused(inEnvelope(inside), 'NOT_CONTROLLER')
  const losing = envelope({
    isActive: () => isActive,
    inner: async () => {
      isActive = false
      return Buffer.from('refused inside')
    },
  })
  isActive = true
  const lost = losing.handle(inEnvelope(inside), context)
  await assert.rejects(lost, (thrown) => thrown instanceof KafkaError && thrown.error === 'NOT_CONTROLLER')
})

test('a broker that registers has spoken, and one that is refused has not; a successor is asked about, and takes the place of who has ended', async () => {
  const house = TestController.withBrokers(1, 2)
  const [spoken, asked] = [[] as number[], [] as number[]]
  let hasEnded = false
  let speaksAgain = true
  const register = brokerRegistration({
    controller: channel(house),
    clusterId: 'ours',
    watch: { heard: (brokerId) => void spoken.push(brokerId) },
    predecessors: {
      async hasEnded({ id }) {
        asked.push(id)
        return hasEnded
      },
      speaks: () => speaksAgain,
    },
  })
  const registration = (brokerId: number, incarnation: number) => ({
    ...(initial(register) as Parameters<typeof register.handle>[0]),
    brokerId,
    clusterId: 'ours',
    incarnationId: Buffer.alloc(16, incarnation).toString('base64url'),
    listeners: [{ name: 'PLAINTEXT', host: 'h', port: 1, securityProtocol: 0 }],
    features: registeredFeatures(),
    logDirs: [directory(brokerId)],
    previousBrokerEpoch: -1,
  })
  await register.handle(registration(3, 41), context)
  assert.deepEqual([spoken, asked], [[3], []])
  const refusal = { error: 'DUPLICATE_BROKER_REGISTRATION' }
  await assert.rejects(async () => register.handle(registration(2, 42), context), refusal)
  assert.deepEqual([spoken, asked], [[3], [2]])
  hasEnded = true
  await assert.rejects(async () => register.handle(registration(2, 42), context), refusal, 'heard of while it was looked for')
  speaksAgain = false
  await register.handle(registration(2, 42), context)
  assert.deepEqual(
    [spoken, asked],
    [
      [3, 2],
      [2, 2, 2],
    ],
  )
})

test('a change of in-sync replicas that comes late over a connection which its leader gave up is not carried out', async () => {
  const house = TestController.withBrokers(1)
  const handler = alterPartition({ controller: channel(house) })
  const closed: number[] = []
  const ask = (connectionId: number, brokerEpoch = house.epochOf(1)) => {
    const over = { ...context, connectionId, disconnect: () => void closed.push(connectionId) }
    return handler.handle({ ...(initial(handler) as Parameters<typeof handler.handle>[0]), brokerId: 1, brokerEpoch }, over)
  }
  await ask(4)
  await assert.rejects(async () => ask(9, 1234), { error: 'STALE_BROKER_EPOCH' }, 'nobody of the past has a say')
  await ask(4)
  await ask(6)
  await assert.rejects(async () => ask(4), { error: 'REQUEST_TIMED_OUT' })
  await ask(6)
  assert.deepEqual(closed, [4])
})

test('the broker in the process of the controller is never late, whoever had its id before', async () => {
  const house = TestController.withBrokers(1)
  const handler = alterPartition({ controller: channel(house) })
  const ask = (connectionId: number) => {
    const over = { ...context, connectionId, disconnect() {} }
    const request = initial(handler) as Parameters<typeof handler.handle>[0]
    return handler.handle({ ...request, brokerId: 1, brokerEpoch: house.epochOf(1) }, over)
  }
  await ask(57)
  await ask(0)
})
