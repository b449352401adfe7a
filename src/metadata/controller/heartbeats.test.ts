import assert from 'node:assert/strict'
import { test } from 'node:test'
import { directory, named, TestController } from '../../../test/support/test-controller.ts'
import { decide, type Effect } from '../../machine/machine.ts'
import { KafkaError } from '../../protocol/errors.ts'
import { partitionChange } from '../records.ts'
import { activate } from './activation.ts'
import { assignDirectories } from './assign-directories.ts'
import { registerBroker } from './brokers.ts'
import { endSession, type Heartbeat, heartbeat } from './heartbeats.ts'

function beat(it: TestController, brokerId: number, fields: Partial<Heartbeat> = {}, now = 0) {
  const request = {
    brokerId,
    brokerEpoch: it.epochOf(brokerId),
    currentMetadataOffset: it.written.length - 1,
    wantFence: false,
    wantShutDown: false,
    ...fields,
  }
  const before = it.written.length
  const answer = it.run((controller) => heartbeat(controller, request, now), now)
  return { ...answer, records: it.written.slice(before).map(({ kind, value }) => named([kind, value])) }
}

test('a broker of another epoch, or of none, is told that its epoch is stale', () => {
  const it = TestController.withBrokers(1)
  const stale = (thrown: unknown) => thrown instanceof KafkaError && thrown.error === 'STALE_BROKER_EPOCH'
  assert.throws(() => beat(it, 1, { brokerEpoch: 0 }), stale)
  assert.throws(() => beat(it, 1, { brokerId: 9 }), stale)
})

test('a broker that leads leaves in three steps, each after what the others have seen', () => {
  const it = TestController.withBrokers(1, 2, 3)
  const all = [
    [1, 2, 3],
    [2, 3, 1],
    [3, 1, 2],
  ]
  it.topic('t', all, { 'min.insync.replicas': '2' })
  const first = beat(it, 1, { wantShutDown: true })
  // As the recorded cluster wrote it, in one batch.
  assert.deepEqual(first.records, [
    'BrokerRegistrationChangeRecord',
    { isr: [2, 3], leader: 2 },
    { isr: [2, 3] },
    { isr: [3, 2] },
  ])
  assert.deepEqual([first.isFenced, first.shouldShutDown], [false, false])
  const moved = it.written.length - 1
  for (const id of [2, 3]) beat(it, id, { currentMetadataOffset: moved - 1 })
  assert.deepEqual(beat(it, 1, { wantShutDown: true }).shouldShutDown, false)
  beat(it, 2, { currentMetadataOffset: moved })
  assert.deepEqual(beat(it, 1, { wantShutDown: true }).shouldShutDown, false, '3 has not seen it')
  beat(it, 3, { currentMetadataOffset: moved })
  const last = beat(it, 1, { wantShutDown: true })
  assert.deepEqual([last.isFenced, last.shouldShutDown, last.records], [true, true, ['BrokerRegistrationChangeRecord']])
  assert.ok(it.controller.image.brokers.get(1)!.inControlledShutdown)
})

test('a broker that was fenced while it slept serves again when it has read that it was', () => {
  const it = TestController.withBrokers(1, 2)
  it.topic('t', [[1, 2]])
  const before = it.written.length - 1
  beat(it, 1, { wantFence: true })
  const fencedAt = it.written.length - 1
  assert.equal(it.partition('t').leader, 2)
  assert.equal(beat(it, 1, { currentMetadataOffset: before }).isFenced, true)
  assert.equal(beat(it, 1, { currentMetadataOffset: fencedAt - 1 }).isFenced, true)
  assert.equal(beat(it, 1, { currentMetadataOffset: fencedAt }).isFenced, false)
})

test('a broker whose process has ended is fenced before its session is over, and its next process need not wait for that', () => {
  const it = TestController.withBrokers(1, 2)
  it.topic('t', [[1, 2]])
  const gone = { brokerId: 1, brokerEpoch: it.epochOf(1) }
  assert.deepEqual(
    it.changesOf((controller) => endSession(controller, gone)),
    [{ isr: [2], leader: 2 }, 'BrokerRegistrationChangeRecord'],
  )
  assert.deepEqual(
    it.changesOf((controller) => endSession(controller, gone)),
    [],
    'it is done',
  )
  it.start(1)
  assert.equal(it.controller.image.brokers.get(1)!.fenced, false)
  assert.deepEqual(
    it.changesOf((controller) => endSession(controller, gone)),
    [],
    'that was another life',
  )
})

test('a broker that was held for gone and is not serves again with its next heartbeat, under its old epoch', () => {
  const it = TestController.withBrokers(1, 2)
  it.topic('t', [[1, 2]])
  const brokerEpoch = it.epochOf(1)
  it.run((controller) => endSession(controller, { brokerId: 1, brokerEpoch }))
  assert.equal(beat(it, 1).isFenced, false)
  assert.deepEqual([it.epochOf(1), it.partition('t').leader, it.partition('t').isr], [brokerEpoch, 2, [2]])
})

test('what one decision cannot change for a broker that is gone follows with the next look at the sessions', () => {
  const it = TestController.withBrokers(1, 2)
  it.topic(
    't',
    Array.from({ length: 300 }, () => [1, 2]),
  )
  it.run((controller) => {
    const decision = endSession(controller, { brokerId: 1, brokerEpoch: it.epochOf(1) })
    assert.deepEqual(decision.effects, [{ kind: 'timer', key: 'sessions', afterMs: 0 }])
    return decision
  })
  assert.equal(it.controller.image.brokers.get(1)!.fenced, false)
  it.tick(1)
  assert.equal(it.controller.image.brokers.get(1)!.fenced, true)
  assert.ok(it.controller.image.topic('t')!.partitions.every(({ leader }) => leader === 2))
})

test('a broker that leads nothing goes at once, and so does one that insists', () => {
  const it = TestController.withBrokers(1, 2)
  it.topic('t', [[1, 2]])
  const follower = beat(it, 2, { wantShutDown: true })
  assert.deepEqual([follower.shouldShutDown, follower.records], [true, [{ isr: [1] }, 'BrokerRegistrationChangeRecord']])
  const leader = beat(it, 1, { wantShutDown: true, wantFence: true })
  assert.deepEqual([leader.shouldShutDown, leader.isFenced, it.partition('t').leader], [true, true, -1])
  assert.equal(beat(it, 1, { wantShutDown: true }).shouldShutDown, true, 'one that is fenced has nothing to give away')
})

test('where a new controller took over in between, a broker that leaves asks the others anew', () => {
  const it = TestController.withBrokers(1, 2)
  it.topic('t', [[1, 2]])
  beat(it, 1, { wantShutDown: true })
  it.controller.onUnloaded()
  it.controller.onLoaded(0)
  assert.equal(beat(it, 1, { wantShutDown: true }).shouldShutDown, false)
  beat(it, 2)
  assert.equal(beat(it, 1, { wantShutDown: true }).shouldShutDown, true)
})

/** Broker 1 with two directories, and a partition in each of them. */
function twoDisks() {
  const it = TestController.withBrokers(2)
  const logDirs = [directory(1), directory(11)]
  const listeners = [{ name: 'PLAINTEXT', host: 'h', port: 9092, securityProtocol: 0 }]
  const features = [...it.controller.image.features].map(([name, level]) => ({
    name,
    minSupportedVersion: 0,
    maxSupportedVersion: level,
  }))
  const incarnationId = Buffer.alloc(16, 5).toString('base64url')
  const request = { brokerId: 1, incarnationId, listeners, features, rack: null, logDirs, previousBrokerEpoch: -1 }
  it.run((controller) => registerBroker(controller, request, 0))
  beat(it, 1, { currentMetadataOffset: it.written.length })
  it.topic('t', [
    [1, 2],
    [1, 2],
  ])
  const topicId = it.controller.image.topic('t')!.id
  const place = (id: string, partitionIndex: number) => ({ id, topics: [{ topicId, partitions: [{ partitionIndex }] }] })
  const assign = (...directories: ReturnType<typeof place>[]) =>
    it.run((controller) => assignDirectories(controller, { brokerId: 1, brokerEpoch: it.epochOf(1), directories })).directories
  return { it, place, assign, topicId }
}

test('a broker with several directories says where its replicas lie', () => {
  const { it, place, assign } = twoDisks()
  const unassigned = 'AAAAAAAAAAAAAAAAAAAAAA'
  assert.deepEqual(it.partition('t', 0).directories, [unassigned, directory(2)])
  assign(place(directory(1), 0), place(directory(11), 1))
  assert.deepEqual(it.partition('t', 0).directories, [directory(1), directory(2)])
  assert.deepEqual(it.partition('t', 1).directories, [directory(11), directory(2)])
  const before = it.written.length
  assign(place(directory(1), 0))
  assert.equal(it.written.length, before, 'what is known already is not written again')
  const codes = (answer: ReturnType<typeof assign>) => answer[0]!.topics[0]!.partitions[0]!.errorCode
  assert.equal(codes(assign(place(directory(1), 7))), 3)
  const elsewhere = { id: directory(1), topics: [{ topicId: unassigned, partitions: [{ partitionIndex: 0 }] }] }
  assert.equal(codes(assign(elsewhere)), 100)
  it.topic('u', [[2]])
  const foreign = { ...elsewhere, topics: [{ ...elsewhere.topics[0]!, topicId: it.controller.image.topic('u')!.id }] }
  assert.equal(codes(assign(foreign)), 6)
})

test('when a directory fails, what lies there is led elsewhere, and the broker goes on with the rest', () => {
  const { it, place, assign } = twoDisks()
  assign(place(directory(1), 0), place(directory(11), 1))
  const offlineLogDirs = [directory(11), Buffer.alloc(16, 250).toString('base64url')]
  const answer = beat(it, 1, { offlineLogDirs })
  assert.deepEqual(answer.records, [{ isr: [2], leader: 2 }, 'BrokerRegistrationChangeRecord'])
  assert.deepEqual([answer.isFenced, it.controller.image.brokers.get(1)!.logDirs], [false, [directory(1)]])
  assert.deepEqual([it.partition('t', 0).leader, it.partition('t', 1).leader], [1, 2])
  assert.deepEqual(beat(it, 1, { offlineLogDirs }).records, [], 'said again it changes nothing')

  // The other one alone could lead now; it is fenced, and 1 lies on a broken disk.
  beat(it, 2, { wantFence: true })
  assert.deepEqual([it.partition('t', 0).leader, it.partition('t', 1).leader], [1, -1])
})

test('a replica that is placed in a directory that does not work leaves the ISR', () => {
  const { it, place, assign } = twoDisks()
  assign(place('AAAAAAAAAAAAAAAAAAAAAQ', 0))
  const { leader, isr, directories } = it.partition('t', 0)
  assert.deepEqual([leader, isr, directories[0]], [2, [2], 'AAAAAAAAAAAAAAAAAAAAAQ'])
})

const timers = (effects: readonly Effect[]) =>
  Object.fromEntries(effects.flatMap((effect) => (effect.kind === 'timer' ? [[effect.key, effect.afterMs]] : [])))

test('a controller arms what it does by itself each time that it is loaded, and only what it was told to do', () => {
  const it = TestController.withBrokers(1)
  assert.deepEqual(timers(it.controller.onLoaded(0)), { online: 0, sessions: 1125 })
  const busy = new TestController({ imbalanceCheckMs: 300_000, uncleanCheckMs: 60_000, maxIdleMs: 500 })
  assert.deepEqual(timers(busy.controller.onLoaded(0)), {
    online: 0,
    sessions: 1125,
    balance: 300_000,
    unclean: 60_000,
    idle: 500,
  })
  const idle = busy.controller.onTimer('idle', 500)
  assert.deepEqual([idle.records.map(({ kind }) => kind), timers(idle.effects ?? [])], [['NoOpRecord'], { idle: 500 }])
  assert.deepEqual(timers(busy.controller.onTimer('balance', 0).effects ?? []), { balance: 300_000 })
  const alone = new TestController({ sessionTimeoutMs: null })
  assert.deepEqual(timers(alone.controller.onLoaded(0)), { online: 0 })
})

test('nothing is written into what a dead controller left open', () => {
  const it = new TestController({ maxIdleMs: 500 })
  it.controller.image.apply({ kind: 'BeginTransactionRecord', value: { name: null } })
  const { records, effects } = it.controller.onTimer('idle', 0)
  assert.deepEqual([records, timers(effects ?? [])], [[], { idle: 100 }])
})

test('a session that is over is noticed at once, and no earlier', () => {
  const it = TestController.withBrokers(1, 2)
  beat(it, 1, {}, 4000)
  beat(it, 2, {}, 6000)
  const fenced = (now: number) => {
    it.tick(now)
    return [1, 2].filter((id) => it.controller.image.brokers.get(id)!.fenced)
  }
  assert.deepEqual([fenced(13_000), fenced(13_001), fenced(15_000), fenced(15_001)], [[], [1], [1], [1, 2]])
})

test('a controller that was suspended, or whose clock was set, holds nobody for silent because of that', () => {
  const it = TestController.withBrokers(1, 2)
  let due = timers(it.controller.onLoaded(0))['sessions']!
  const fenced = () => [1, 2].filter((id) => it.controller.image.brokers.get(id)!.fenced)
  const look = (now: number) => {
    const decision = it.controller.onTimer('sessions', now)
    it.run(() => decision, now)
    due = now + timers(decision.effects ?? [])['sessions']!
  }
  const lookUntil = (now: number) => {
    while (due <= now) look(due)
  }
  // Heartbeats of that minute are still to be read when it goes on.
  look(due + 60_000)
  assert.deepEqual(fenced(), [])
  beat(it, 1, {}, 61_200)
  lookUntil(71_000)
  assert.deepEqual(fenced(), [1, 2], 'who is silent from then on is fenced')
  for (const id of [1, 2]) beat(it, id, {}, 71_000)

  const hour = 3_600_000
  look(due + hour)
  beat(it, 1, {}, hour + 72_500)
  // Set back again: what was heard of 1 is in the future now.
  look(due - hour)
  assert.deepEqual(fenced(), [])
  lookUntil(90_000)
  assert.deepEqual(fenced(), [1, 2], 'and nobody for an hour longer')
})

test('a broker that comes back to thousands of partitions leads them all, whether it says more or not', () => {
  const it = new TestController({ sessionTimeoutMs: null })
  it.run((controller) => activate(controller, { bootstrap: null, minInsyncReplicas: 1 }))
  const brokerEpoch = it.start(1)
  it.topic(
    'wide',
    Array.from({ length: 600 }, () => [1]),
  )
  const led = () => it.controller.image.topic('wide')!.partitions.filter(({ leader }) => leader === 1).length
  for (let i = 0; i < 5; i++) beat(it, 1, { wantShutDown: true })
  assert.equal(led(), 0)
  it.register(1, brokerEpoch)
  let effects: readonly Effect[] = []
  const say = {
    brokerId: 1,
    brokerEpoch: it.epochOf(1),
    currentMetadataOffset: it.written.length,
    wantFence: false,
    wantShutDown: false,
  }
  it.run((controller) => {
    const decision = heartbeat(controller, say, 0)
    effects = decision.effects ?? []
    return decision
  })
  const seen = [led()]
  while (effects.length > 0) {
    it.run((controller) => {
      const decision = controller.onTimer('online', 0)
      effects = decision.effects ?? []
      return decision
    })
    seen.push(led())
  }
  assert.deepEqual(seen, [250, 500, 600])
})

test('a heartbeat costs the same however many partitions there are, and still gives leaders to those that have none', () => {
  const it = TestController.withBrokers(1, 2)
  it.topic('t', [
    [1, 2],
    [2, 1],
  ])
  it.topic('one', [[1]])
  const { image } = it.controller
  const walked = () => assert.fail('all topics were walked through')
  Object.defineProperty(image, 'topics', { configurable: true, get: walked })
  assert.deepEqual(beat(it, 1).records, [])
  Reflect.deleteProperty(image, 'topics')
  const unled = partitionChange(image.topic('one')!.id, 0, { leader: -1 })
  it.run(() => decide(undefined, [unled]))
  Object.defineProperty(image, 'topics', { configurable: true, get: walked })
  assert.deepEqual(beat(it, 2).records, [])
  assert.deepEqual(beat(it, 1).records, [{ leader: 1 }])
  Reflect.deleteProperty(image, 'topics')
  assert.equal(it.partition('one').leader, 1)
})
