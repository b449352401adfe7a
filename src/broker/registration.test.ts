import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../test/support/manual-clock.ts'
import { silentLogger } from '../platform/logger.ts'
import { errorCode, KafkaError } from '../protocol/errors.ts'
import { BrokerHeartbeatRequest } from '../protocol/messages/broker-heartbeat.ts'
import type { ControllerClient } from './controller-client.ts'
import { Registration } from './registration.ts'

interface Beat {
  readonly wantFence: boolean
  readonly wantShutDown: boolean
  readonly currentMetadataOffset: number
  readonly offlineLogDirs: readonly string[]
}

/** A controller that answers registrations out of a list of error codes, and unfences who is caught up with its registration at 12. */
function scene({
  refusals = [] as string[],
  unanswered = 0,
  isWatched = true,
  shutDownAt = 1,
  unled = 0,
  features = new Map<string, number>(),
} = {}) {
  const clock = new ManualClock()
  const registrations: unknown[] = []
  const errors: string[] = []
  const beats: Beat[] = []
  let published = 0
  let farewells = 0
  let isSilent = false
  let isForgotten = false
  let isReplaced = false
  const offline: string[] = []
  let untold = 0
  const controller: ControllerClient = {
    send: async (exchange, body, timeoutMs) => {
      if ((exchange.request as unknown) !== BrokerHeartbeatRequest) {
        registrations.push(body)
        if (unanswered-- > 0) {
          await new Promise<void>((resume) => void clock.after(timeoutMs, resume))
          throw new KafkaError('REQUEST_TIMED_OUT')
        }
        const refusal = refusals.shift()
        isForgotten &&= refusal !== undefined
        return { errorCode: refusal ? errorCode(refusal as 'NONE') : 0, brokerEpoch: refusal ? -1 : 12 } as never
      }
      const beat = body as unknown as Beat
      beats.push(beat)
      if (isSilent) throw new KafkaError('REQUEST_TIMED_OUT')
      if (isForgotten) return { errorCode: errorCode('STALE_BROKER_EPOCH') } as never
      const isCaughtUp = beat.currentMetadataOffset >= 12
      const shouldShutDown = beat.wantShutDown && ++farewells >= shutDownAt
      return { errorCode: 0, isCaughtUp, isFenced: beat.wantFence || !isCaughtUp || shouldShutDown, shouldShutDown } as never
    },
  }
  const reached: { offset: number; run: () => void }[] = []
  const own = { isActive: false, confirm: () => {} }
  const ownController = {
    get isActive() {
      return own.isActive
    },
    onceConfirmed: (run: () => void) => void (own.confirm = run),
  }
  const registration = new Registration({
    controller,
    ownController,
    clock,
    logger: { ...silentLogger, error: (message) => void errors.push(message) },
    identity: {
      nodeId: 7,
      clusterId: 'ours',
      incarnationId: 'x',
      rack: 'a',
      directoryIds: ['d'],
      previousEpoch: 5,
      endpoints: [{ name: 'PLAINTEXT', host: 'h', port: 9 }],
    },
    settings: { heartbeatMs: () => 2000, sessionMs: () => 9000, registrationMs: 60_000, isWatched },
    publishedOffset: () => published,
    reached: (offset) => (offset <= published ? Promise.resolve() : new Promise((run) => reached.push({ offset, run }))),
    unled: () => Math.max(0, unled - 250 * Math.max(0, beats.length - 1)),
    features: () => features,
    isReplaced: () => isReplaced,
    offlineDirs: () => offline,
    isLossUntold: () => --untold > 0,
  })
  function publish(offset: number): void {
    published = offset
    for (const one of reached.splice(0)) one.run()
  }
  /** A log directory fails, and so many heartbeats are needed until the controller has drawn all its conclusions. */
  function fail(dir: string, heartbeats: number): void {
    offline.push(dir)
    untold = heartbeats
    registration.hurry()
  }
  /** The controller does not know this broker any more, and refuses it so often for these reasons. */
  function forget(...whys: string[]): void {
    isForgotten = true
    refusals.push(...whys)
  }
  /** Another process has its place. */
  function replace(): void {
    forget()
    isReplaced = true
  }
  const silence = () => void (isSilent = true)
  return { clock, registration, registrations, beats, errors, publish, own, fail, forget, replace, silence }
}

test('a broker registers with who it is; one that is still thought alive is tried again until it is not', async () => {
  const { clock, registration, registrations } = scene({ refusals: Array(5).fill('DUPLICATE_BROKER_REGISTRATION') })
  const registering = registration.register()
  await clock.advance(10_000)
  await registering
  assert.equal(registration.epoch, 12)
  assert.equal(registrations.length, 6)
  assert.deepEqual(registrations[0], {
    ...(registrations[5] as object),
    brokerId: 7,
    clusterId: 'ours',
    incarnationId: 'x',
    listeners: [{ name: 'PLAINTEXT', host: 'h', port: 9, securityProtocol: 0 }],
    rack: 'a',
    logDirs: ['d'],
    previousBrokerEpoch: 5,
  })
})

test('a connection that never answers does not use up the time for a registration; where none does, the start ends', async () => {
  const { clock, registration, registrations } = scene({ unanswered: 2 })
  const registering = registration.register()
  await clock.advance(25_000)
  await registering
  assert.equal(registrations.length, 3)

  const silent = scene({ unanswered: 1000 })
  const outcome = assert.rejects(silent.registration.register(), { error: 'REQUEST_TIMED_OUT' })
  await silent.clock.advance(60_000)
  await outcome
  assert.ok(silent.registrations.length < 10)
})

test("another cluster's directory, and a refusal that does not pass, end the start", async () => {
  await assert.rejects(
    scene({ refusals: ['INCONSISTENT_CLUSTER_ID'] }).registration.register(),
    /of node 7 belong to cluster ours/,
  )
  const { clock, registration, registrations } = scene({ refusals: Array(1000).fill('UNSUPPORTED_VERSION') })
  const outcome = assert.rejects(
    registration.register(),
    /refused to register broker 7: the cluster has features or levels that this build does not support/,
  )
  await clock.advance(60_000)
  await outcome
  assert.ok(registrations.length > 20 && registrations.length < 50, String(registrations.length))
})

test('a cluster whose features this build does not support is told of with its levels', async () => {
  const features = new Map([
    ['metadata.version', 22],
    ['group.version', 1],
    ['share.version', 9],
    ['a.new.feature', 1],
    ['an.old.feature', 0],
  ])
  const { clock, registration } = scene({ refusals: Array(1000).fill('UNSUPPORTED_VERSION'), features })
  const told =
    'the cluster has metadata.version at level 22 (here: 23 to 29), share.version at level 9 (here: 0 to 1), a.new.feature at level 1 (here: unknown);'
  const outcome = assert.rejects(registration.register(), ({ message }: Error) => message.includes(told))
  await clock.advance(60_000)
  await outcome
})

test('it wants to be fenced until it has acted on its own registration, and then shows that it lives every two seconds', async () => {
  const { clock, registration, beats, publish } = scene()
  await registration.register()
  let isServing = false
  void registration.unfence().then(() => (isServing = true))
  await clock.advance(4500)
  assert.ok(beats.length >= 2 && beats.every(({ wantFence }) => wantFence) && !isServing)
  publish(13)
  await clock.advance(0)
  assert.deepEqual([isServing, registration.isFenced], [true, false])
  const before = beats.length
  await clock.advance(20_000)
  assert.equal(beats.length - before, 10)
  assert.ok(beats.slice(before - 1).every(({ wantFence, wantShutDown }) => !wantFence && !wantShutDown))
})

test('a broker that was forgotten while it serves registers again, as often as that is refused', async () => {
  const { clock, registration, registrations, beats, publish, forget } = scene()
  publish(13)
  await registration.register()
  await registration.unfence()
  forget('DUPLICATE_BROKER_REGISTRATION', 'DUPLICATE_BROKER_REGISTRATION')
  await clock.advance(3000)
  assert.equal(registration.isFenced, false, 'no controller has said otherwise')
  await clock.advance(5500)
  assert.equal(registrations.length, 4)
  assert.deepEqual(registrations[3], { ...(registrations[0] as object), previousBrokerEpoch: -1 })
  assert.equal(registration.isFenced, false)
  const before = beats.length
  await clock.advance(20_000)
  assert.equal(beats.length - before, 10)
})

test('a broker whose place another process has does not ask for it, and says so once and then every ten minutes', async () => {
  const { clock, registration, registrations, errors, publish, replace } = scene()
  publish(13)
  await registration.register()
  await registration.unfence()
  replace()
  await clock.advance(30_000)
  assert.deepEqual([registrations.length, errors.length], [1, 1])
  await clock.advance(1_200_000)
  assert.deepEqual([registrations.length, errors.length], [1, 3])
  assert.match(errors[2]!, /another process has taken the place of this broker/)
  registration.stop()
})

test('it leaves when the controller lets it, and says nothing more', async () => {
  const { clock, registration, beats, publish } = scene({ shutDownAt: 4 })
  publish(13)
  await registration.register()
  await registration.unfence()
  const leaving = registration.leave(30_000)
  await clock.advance(1000)
  await leaving
  const count = beats.length
  await clock.advance(20_000)
  assert.equal(beats.length, count)
  assert.equal(beats.filter(({ wantShutDown }) => wantShutDown).length, 4)
})

test('a broker of ten thousand partitions leaves as quickly as the controller moves them, and waits longer where nothing moves', async () => {
  const { clock, registration, beats, publish } = scene({ shutDownAt: 1000 })
  publish(13)
  await registration.register()
  await registration.unfence()
  const leaving = registration.leave(30_000).catch((thrown) => thrown)
  const count = async (moves: boolean) => {
    const before = beats.length
    for (let i = 0; i < 100; i++) {
      if (moves) publish(14 + beats.length)
      await clock.advance(50)
    }
    return beats.length - before
  }
  const moving = await count(true)
  const standing = await count(false)
  assert.ok(moving >= 95 && standing <= 20, `${moving} farewells in 5 s, then ${standing}`)
  registration.stop()
  await clock.advance(30_000)
  await leaving
})

test('a broker of a thousand partitions takes back all of them before it serves', async () => {
  const { registration, beats, publish } = scene({ isWatched: false, unled: 1000 })
  publish(13)
  await registration.register()
  await registration.unfence()
  assert.equal(beats.length, 5)
})

test('a broker that nobody watches sends no heartbeats of its own', async () => {
  const { clock, registration, beats, publish } = scene({ isWatched: false })
  publish(13)
  await registration.register()
  await registration.unfence()
  await clock.advance(20_000)
  assert.equal(beats.length, 1)
})

test('a broker does not wait for ever for a controller that never lets it go', async () => {
  const { clock, registration, publish } = scene({ shutDownAt: 1e9 })
  publish(13)
  await registration.register()
  const outcome: unknown[] = []
  void registration.leave(2000).catch((thrown: unknown) => outcome.push(thrown))
  await clock.advance(1999)
  assert.deepEqual(outcome, [])
  await clock.advance(1)
  await new Promise(setImmediate)
  assert.equal(KafkaError.of(outcome[0]).error, 'REQUEST_TIMED_OUT')
})

test('a broker counts as heard of for a session after the last heartbeat that a controller answered it with', async () => {
  const { clock, registration, publish, silence } = scene()
  await registration.register()
  assert.equal(registration.isHeard, false)
  publish(13)
  await registration.unfence()
  assert.equal(registration.isHeard, true)
  await clock.advance(20_000)
  assert.equal(registration.isHeard, true, 'each heartbeat is one more word')
  silence()
  await clock.advance(7000)
  assert.equal(registration.isHeard, true)
  await clock.advance(2001)
  assert.equal(registration.isHeard, false)
  registration.stop()
})

test('the word of a controller in the same process counts once others have confirmed it: it may have slept along with its broker', async () => {
  const { clock, registration, publish, own } = scene()
  own.isActive = true
  await registration.register()
  publish(13)
  await registration.unfence()
  assert.equal(registration.isHeard, false)
  own.confirm()
  assert.equal(registration.isHeard, true)
  await clock.advance(12_000)
  assert.equal(registration.isHeard, false, 'nobody confirms it any more')
  registration.stop()
})

for (const isWatched of [true, false]) {
  test(`a log directory that failed is told of at once, and until all follows from it, ${isWatched ? 'before the next heartbeat is due' : 'also where nobody watches'}`, async () => {
    const { clock, registration, beats, publish, fail } = scene({ isWatched })
    publish(13)
    await registration.register()
    await registration.unfence()
    await clock.advance(500)
    const before = beats.length
    fail('d', 3)
    await clock.advance(150)
    assert.deepEqual(
      beats.slice(before).map(({ offlineLogDirs }) => offlineLogDirs),
      [['d'], ['d'], ['d']],
    )
    await clock.advance(1500)
    assert.equal(beats.length - before, 3)
    await clock.advance(4000)
    assert.equal(beats.length - before, isWatched ? 5 : 3)
  })
}

test('a log directory that fails before a broker serves is told of with its next heartbeat', async () => {
  const { registration, beats, publish, fail } = scene()
  fail('d', 0)
  publish(13)
  await registration.register()
  await registration.unfence()
  assert.deepEqual(beats.at(-1)!.offlineLogDirs, ['d'])
})
