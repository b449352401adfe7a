import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ByteReader } from '../base/bytes.ts'
import type { Clock, Timer } from '../platform/clock.ts'
import { silentLogger } from '../platform/logger.ts'
import type { Address } from '../platform/network.ts'
import { type Machine, World } from '../platform/sim/world.ts'
import { KafkaError } from '../protocol/errors.ts'
import { readRequestHeader, writeResponseHeader } from '../protocol/header.ts'
import { ApiVersionsRequest, ApiVersionsResponse } from '../protocol/messages/api-versions.ts'
import { BrokerHeartbeatRequest, BrokerHeartbeatResponse } from '../protocol/messages/broker-heartbeat.ts'
import { VoteRequest, VoteResponse } from '../protocol/messages/vote.ts'
import { codec } from '../protocol/schema.ts'
import type { RequestSink } from './channel.ts'
import { ConnectionLost } from './dial.ts'
import { FrameWriter } from './frame.ts'
import { serve } from './listener.ts'
import { Peer, type PeerOptions } from './peer.ts'
import type { Request } from './request.ts'

const ADDRESS: Address = { host: 'other', port: 9093 }
const heartbeat = { request: BrokerHeartbeatRequest, response: BrokerHeartbeatResponse }
const vote = { request: VoteRequest, response: VoteResponse }

/** A node that answers heartbeats with `isCaughtUp` where the metadata offset is even, and notes what came. */
class Other {
  readonly seen: string[] = []
  /** While true, heartbeats wait. */
  isSlow = false
  /** Knows ApiVersions up to this version. */
  newest = 4
  readonly #held: (() => void)[] = []
  readonly #machine: Machine

  constructor(machine: Machine) {
    this.#machine = machine
  }

  open() {
    const { platform } = this.#machine.start()
    const sink: RequestSink = { mayOverlap: () => true, receive: (request) => this.#receive(request) }
    const channelLimits = {
      maxFrameBytes: 1e6,
      maxPendingRequests: 50,
      maxPendingBytes: 1e6,
      maxUnsentBytes: 1e6,
      maxIdleMs: -1,
      maxStallMs: -1,
    }
    const none = {
      maxConnections: 9,
      maxConnectionsPerIp: 9,
      perIpOverrides: new Map(),
      maxCreationRate: 1e6,
      listeners: new Map(),
    }
    const listeners = [{ name: 'CONTROLLER', address: ADDRESS }]
    return serve({
      ...platform,
      logger: silentLogger,
      listeners,
      sink,
      channelLimits,
      connectionLimits: () => none,
      maxRequestBytes: 1e6,
    })
  }

  release(): void {
    this.isSlow = false
    for (const run of this.#held.splice(0)) run()
  }

  #receive(request: Request): void {
    const from = new ByteReader(request.bytes)
    const header = readRequestHeader(from)
    this.seen.push(`${header.clientId} ${header.apiKey}v${header.apiVersion}`)
    const to = new FrameWriter()
    writeResponseHeader(to, header)
    if (header.apiKey === ApiVersionsRequest.apiKey) {
      const isKnown = header.apiVersion <= this.newest
      const apiKeys = [
        { apiKey: 18, minVersion: 0, maxVersion: this.newest },
        { apiKey: 63, minVersion: 0, maxVersion: 0 },
      ]
      codec(ApiVersionsResponse, isKnown ? header.apiVersion : 0).write(to, { errorCode: isKnown ? 0 : 35, apiKeys })
      return request.answer(to.frame())
    }
    const { currentMetadataOffset } = codec(BrokerHeartbeatRequest, header.apiVersion).read(from)
    codec(BrokerHeartbeatResponse, header.apiVersion).write(to, { isCaughtUp: currentMetadataOffset % 2 === 0 })
    const answer = () => request.answer(to.frame())
    if (this.isSlow) this.#held.push(answer)
    else answer()
  }
}

/** The clock, and how many of its timers are running. */
function counted(clock: Clock) {
  const running = new Set<Timer>()
  const after = (ms: number, run: () => void): Timer => {
    const inner = clock.after(ms, () => {
      running.delete(timer)
      run()
    })
    const timer: Timer = {
      cancel: () => {
        running.delete(timer)
        inner.cancel()
      },
    }
    running.add(timer)
    return timer
  }
  return { clock: { ...bound(clock), after }, running }
}

const bound = (clock: Clock): Clock => ({
  now: () => clock.now(),
  monotonic: () => clock.monotonic(),
  after: (ms, run) => clock.after(ms, run),
  soon: (run) => clock.soon(run),
})

function scene(options: Partial<PeerOptions> = {}) {
  const world = new World({ seed: 3, turn: () => new Promise(setImmediate) })
  const other = new Other(world.machine('other'))
  const { platform } = world.machine('self').start()
  const { clock, running } = counted(platform.clock)
  const peer = new Peer({
    ...platform,
    clock,
    address: () => ADDRESS,
    clientId: '7',
    requestTimeoutMs: 2000,
    connectTimeoutMs: 1000,
    reconnectBackoffMs: 50,
    reconnectBackoffMaxMs: 500,
    maxInFlight: 2,
    asksVersions: true,
    ...options,
  })
  /** Virtual time passes until the promise has settled. */
  async function during<T>(promise: Promise<T>): Promise<T> {
    let isOver = false
    const settle = () => void (isOver = true)
    promise.then(settle, settle)
    await world.events.run(world.events.now + 60_000, () => isOver)
    return promise
  }
  const beat = (currentMetadataOffset: number, how = {}) =>
    peer.send(heartbeat, { brokerId: 7, brokerEpoch: 1, currentMetadataOffset }, how)
  return { world, other, peer, during, beat, running }
}

test('asks for versions first, once a connection, and takes the highest that both know', async () => {
  const { other, during, beat, peer } = scene()
  await during(other.open())
  const answers = await during(Promise.all([beat(0), beat(1), beat(2)]))
  assert.deepEqual(
    answers.map(({ isCaughtUp }) => isCaughtUp),
    [true, false, true],
  )
  assert.deepEqual(other.seen, ['7 18v4', '7 63v0', '7 63v0', '7 63v0'])
  await assert.rejects(
    during(peer.send(vote, {})),
    (thrown) => thrown instanceof KafkaError && thrown.error === 'UNSUPPORTED_VERSION',
  )
})

test('an older node is asked again in a version that it knows; without asking, ours are taken', async () => {
  const { other, during, beat } = scene()
  other.newest = 2
  await during(other.open())
  await during(beat(0))
  assert.deepEqual(other.seen, ['7 18v4', '7 18v2', '7 63v0'])
  const plain = scene({ asksVersions: false })
  await plain.during(plain.other.open())
  await plain.during(plain.beat(0))
  assert.deepEqual(plain.other.seen, ['7 63v1'])
})

test('no more are on their way than agreed; the others follow', async () => {
  const { world, other, during, beat } = scene({ maxInFlight: 1 })
  await during(other.open())
  other.isSlow = true
  const all = Promise.all([beat(0), beat(1)])
  await world.events.run(world.events.now + 500)
  assert.equal(other.seen.length, 2, 'versions and one heartbeat')
  other.release()
  assert.equal((await during(all)).length, 2)
})

test('who holds an answer is given the frame that it is a view of', async () => {
  const { other, during, beat } = scene()
  await during(other.open())
  const frames: Uint8Array[] = []
  await during(beat(0))
  await during(beat(1, { hold: ({ bytes }: { bytes: Uint8Array }) => frames.push(bytes) }))
  assert.equal(frames.length, 1)
  assert.equal(Buffer.from(frames[0]!).readInt32BE(), 2, 'behind the question for versions and the first heartbeat')
})

test('an answer that is late closes the connection; the next request makes a new one', async () => {
  const { world, other, during, beat } = scene()
  await during(other.open())
  other.isSlow = true
  const [late, with_] = [beat(0, { timeoutMs: 300 }), beat(1)]
  with_.catch(() => {})
  await assert.rejects(during(late), /no answer of other:9093 to BrokerHeartbeatRequest within 300 ms/)
  await assert.rejects(during(with_), ConnectionLost)
  assert.ok(world.events.now < 2000)
  other.isSlow = false
  assert.equal((await during(beat(2))).isCaughtUp, true)
  assert.equal(other.seen.filter((line) => line === '7 18v4').length, 2)
})

test('a node that is not there is tried at longer and longer intervals', async () => {
  const { world, other, during, beat } = scene()
  const pauses: number[] = []
  for (let i = 0; i < 6; i++) {
    const before = world.events.now
    await assert.rejects(during(beat(0)), ConnectionLost)
    pauses.push(world.events.now - before)
  }
  assert.ok(pauses[1]! >= 40 && pauses[5]! > 3 * pauses[1]! && pauses[5]! < 700, String(pauses))
  await during(other.open())
  assert.equal((await during(beat(2))).isCaughtUp, true)
})

test('a connection that is given up refuses who waits, and the next one does not wait for it', async () => {
  let address: Address = { host: 'nowhere', port: 1 }
  const { world, other, during, beat, peer } = scene({ address: () => address, requestTimeoutMs: 9000, connectTimeoutMs: 9000 })
  world.machine('nowhere')
  await during(other.open())
  const first = beat(0)
  first.catch(() => {})
  address = ADDRESS
  peer.reset()
  await assert.rejects(during(first), ConnectionLost)
  const began = world.events.now
  assert.equal((await during(beat(2))).isCaughtUp, true)
  assert.ok(world.events.now - began < 1000)
})

test('who asks while the address is not known, or after the end, is refused', async () => {
  const { during, beat, peer } = scene({ address: () => null })
  await assert.rejects(during(beat(0)), /nobody knows where/)
  peer.close()
  await assert.rejects(beat(0), ConnectionLost)
})

test('a signal ends the wait of who asks; the connection and the others go on', async () => {
  const { world, other, during, beat } = scene()
  await during(other.open())
  await during(beat(0))
  other.isSlow = true
  const stop = new AbortController()
  const [sent, kept] = [beat(0, { signal: stop.signal }), beat(2)]
  await world.events.run(world.events.now + 100)
  stop.abort('enough')
  await assert.rejects(during(sent), (why) => why === 'enough')
  await assert.rejects(during(beat(0, { signal: stop.signal })), (why) => why === 'enough')
  other.release()
  assert.equal((await during(kept)).isCaughtUp, true)
  assert.equal(other.seen.filter((line) => line === '7 18v4').length, 1)
})

test('a connection on which nothing is asked rests, and the next request makes another one at once', async () => {
  const { world, other, during, beat, peer } = scene({ maxIdleMs: 5000 })
  await during(other.open())
  await during(beat(0))
  await world.events.run(world.events.now + 4000)
  await during(beat(0))
  await world.events.run(world.events.now + 4000)
  assert.equal(peer.isConnected, true, 'it was used four seconds ago')
  await world.events.run(world.events.now + 2000)
  assert.equal(peer.isConnected, false)
  assert.equal(peer.pauseMs, 0)
  assert.equal((await during(beat(2))).isCaughtUp, true)
})

test('who this is is said before anything else, and again when its time has passed and nothing is on its way', async () => {
  const said: string[] = []
  let isKnown = true
  const { world, other, during, beat } = scene({
    greet: async (ask) => {
      said.push(`after ${other.seen.length}`)
      await ask(heartbeat, { brokerId: 7, brokerEpoch: 1, currentMetadataOffset: 0 })
      if (!isKnown) throw new KafkaError('SASL_AUTHENTICATION_FAILED')
      return { againInMs: 1000 }
    },
  })
  await during(other.open())
  await during(Promise.all([beat(0), beat(1)]))
  assert.deepEqual(said, ['after 1'])
  await world.events.run(world.events.now + 1500)
  await during(Promise.all([beat(0), beat(1)]))
  assert.deepEqual(said, ['after 1', 'after 4'])
  await world.events.run(world.events.now + 1500)
  isKnown = false
  await assert.rejects(during(beat(0)), (why) => why instanceof KafkaError && why.error === 'SASL_AUTHENTICATION_FAILED')
})

test('the body may depend on the version, and who asks may know only older ones', async () => {
  const { other, during, peer } = scene()
  await during(other.open())
  const versions: number[] = []
  const body = (version: number) => {
    versions.push(version)
    return { brokerId: 7, brokerEpoch: 1, currentMetadataOffset: 2 }
  }
  assert.equal((await during(peer.send(heartbeat, body))).isCaughtUp, true)
  assert.deepEqual(versions, [0])
  assert.equal(peer.facts!.versions.get(63)!.max, 0)
  await assert.rejects(during(peer.send(heartbeat, body, { maxVersion: -1 })), /UNSUPPORTED_VERSION|serves 0 to 0/)
})

test('closed at any moment, it leaves no timer and no connection behind', async () => {
  for (const moment of [0, 0.1, 0.5, 1, 2, 3, 5, 40, 70]) {
    const { peer, running, world, during, other } = scene({
      connectTimeoutMs: 60_000,
      requestTimeoutMs: 60_000,
      maxIdleMs: 60_000,
    })
    if (moment < 40) await during(other.open())
    other.isSlow = true
    const asked = peer.send(heartbeat, { brokerId: 7, brokerEpoch: 1, currentMetadataOffset: 0 })
    asked.catch(() => {})
    await world.events.run(world.events.now + moment)
    peer.close()
    await world.events.run(world.events.now + 10)
    assert.equal(running.size, 0, `after ${moment} ms`)
    await assert.rejects(asked, ConnectionLost)
  }
})

test('a greeting that waits for something that never comes ends with its time, and the next request connects anew', async () => {
  let hangs = true
  const { world, during, other, beat } = scene({
    greet: async () => {
      if (hangs) await new Promise(() => {})
      return { againInMs: null }
    },
  })
  await during(other.open())
  await assert.rejects(during(beat(0)), ConnectionLost)
  await world.events.run(world.events.now + 10) // the connection is given up at that moment, too
  hangs = false
  assert.equal((await during(beat(2))).isCaughtUp, true)
})

test('muted, it sends nothing for a while; who asks can give up, and no other end can mute it for long', async () => {
  const { world, other, during, beat, peer, running } = scene()
  await during(other.open())
  await during(beat(0))
  peer.mute(500)
  const stop = new AbortController()
  const [kept, aborted] = [beat(2), beat(0, { signal: stop.signal })]
  await world.events.run(world.events.now + 300)
  stop.abort('enough')
  await assert.rejects(during(aborted), (why) => why === 'enough')
  assert.equal(other.seen.length, 2, 'versions and one heartbeat')
  assert.equal((await during(kept)).isCaughtUp, true)
  peer.mute(2 ** 31)
  assert.ok(peer.mutedMs <= 2000, 'requestTimeoutMs')
  peer.close()
  assert.equal(running.size, 0)
})

test('who has little patience costs the others no connection', async () => {
  const { other, during, beat, world } = scene()
  await during(other.open())
  await during(beat(0))
  other.isSlow = true
  const [hurried, kept] = [beat(0, { waitMs: 100 }), beat(2)]
  await assert.rejects(during(hurried), /no answer of other:9093 to BrokerHeartbeatRequest within 100 ms/)
  await world.events.run(world.events.now + 100)
  other.release()
  assert.equal((await during(kept)).isCaughtUp, true)
  assert.equal(other.seen.filter((line) => line === '7 18v4').length, 1)
})
