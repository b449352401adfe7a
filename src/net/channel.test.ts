import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from '../../test/support/fast-check.ts'
import { ManualClock } from '../../test/support/manual-clock.ts'
import { PretendConnection } from '../../test/support/pretend-connection.ts'
import { Slices } from '../platform/slices.ts'
import { RequestBudget } from './budget.ts'
import { Channel, type ChannelLimits, type Closing } from './channel.ts'
import { framed } from './frame.ts'
import { FrameMemory } from './frame-memory.ts'
import { FramesUnderWay } from './frames-under-way.ts'
import type { Request } from './request.ts'

const limits: ChannelLimits = {
  maxFrameBytes: 1000,
  maxPendingRequests: 10,
  maxPendingBytes: 500,
  maxUnsentBytes: 100,
  maxIdleMs: 60_000,
  maxStallMs: 30_000,
}

const text = (request: Request) => Buffer.from(request.bytes).toString('latin1')
const frame = (body: string) => Buffer.concat(framed([Buffer.from(body, 'latin1')]))

/** Requests whose text starts with P may overlap. Answers are the request's text in capitals. */
function rig(changed: Partial<ChannelLimits> = {}, budget = new RequestBudget(-1), clock = new ManualClock()) {
  const connection = new PretendConnection()
  const begun: Request[] = []
  const closings: Closing[] = []
  const house = {
    clock,
    budget,
    memory: new FrameMemory(),
    underWay: new FramesUnderWay(clock),
    landing: new Uint8Array(64 * 1024),
    slices: new Slices(clock, 5),
    limits: { ...limits, ...changed },
    sink: {
      mayOverlap: (bytes: Uint8Array) => bytes[0] === 0x50,
      receive: (request: Request) => {
        begun.push(request)
      },
      closed: (_: Channel, closing: Closing) => closings.push(closing),
    },
  }
  const channel = new Channel(1, 'PLAINTEXT', connection, house)
  channel.open()
  const ask = (...bodies: string[]) => connection.deliver(Buffer.concat(bodies.map(frame)))
  const answer = (body: string) => {
    const request = begun.find((request) => !request.isAnswered && text(request) === body)
    assert.ok(request, `${body} was not begun`)
    request.answer(framed([Buffer.from(body.toLowerCase(), 'latin1')]))
  }
  const answers = () => {
    const found: string[] = []
    for (let left = Buffer.from(connection.sent, 'latin1'); left.length > 0; ) {
      const end = 4 + left.readInt32BE()
      found.push(left.toString('latin1', 4, end))
      left = left.subarray(end)
    }
    return found
  }
  return { clock, connection, channel, house, begun, closings, ask, answer, answers, names: () => begun.map(text) }
}

test('answers leave in the order of their requests, in whatever order they are given', () => {
  const { ask, answer, answers } = rig()
  ask('P1', 'P2', 'P3')
  answer('P3')
  answer('P2')
  assert.deepEqual(answers(), [])
  answer('P1')
  assert.deepEqual(answers(), ['p1', 'p2', 'p3'])
})

test('consecutive produce requests overlap; any other waits for the answers before it, and those behind wait for its own', () => {
  const { ask, answer, names } = rig()
  ask('P1', 'P2', 'F', 'P3', 'P4', 'M')
  assert.deepEqual(names(), ['P1', 'P2'])
  answer('P2')
  assert.deepEqual(names(), ['P1', 'P2'])
  answer('P1')
  assert.deepEqual(names(), ['P1', 'P2', 'F'])
  answer('F')
  assert.deepEqual(names(), ['P1', 'P2', 'F', 'P3', 'P4'])
  answer('P3')
  answer('P4')
  assert.deepEqual(names(), ['P1', 'P2', 'F', 'P3', 'P4', 'M'])
})

test('any mix of requests, answered in any order, keeps both rules and answers all', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 10 }), fc.infiniteStream(fc.nat()), (kinds, choices) => {
      const { ask, begun, answers } = rig()
      const bodies = kinds.map((overlaps, i) => `${overlaps ? 'P' : 'X'}${i}`)
      ask(...bodies)
      for (;;) {
        const open = begun.filter((request) => !request.isAnswered)
        if (open.length === 0) break
        assert.ok(open.length === 1 || open.every((request) => request.overlaps))
        const chosen = open[choices.next().value % open.length]!
        chosen.answer(framed([Buffer.from(text(chosen))]))
      }
      assert.deepEqual(answers(), bodies)
    }),
  )
})

test('a request without an answer takes no place among the answers', () => {
  const { ask, answer, begun, answers } = rig()
  ask('P0', 'P1')
  begun[0]!.answer(null)
  answer('P1')
  assert.deepEqual(answers(), ['p1'])
})

test('answering at once, while being handed on, works for any number behind it', () => {
  const { house, ask, answers } = rig()
  house.sink.receive = (request) => request.answer(framed([request.bytes]))
  ask(...Array.from({ length: 10 }, (_, i) => `X${i}`))
  ask(...Array.from({ length: 10 }, (_, i) => `P${i}`))
  assert.equal(answers().length, 20)
})

test('a client that sends more than may wait is not read from until there is room', () => {
  const { ask, answer, answers, connection, names } = rig({ maxPendingRequests: 3 })
  ask('P1', 'P2', 'P3', 'P4')
  ask('P5')
  assert.deepEqual([names(), connection.isPaused], [['P1', 'P2', 'P3'], true])
  answer('P1')
  assert.deepEqual([names(), connection.isPaused], [['P1', 'P2', 'P3', 'P4'], true])
  for (const body of ['P2', 'P3', 'P4', 'P5']) answer(body)
  assert.deepEqual([answers().length, connection.isPaused], [5, false])
})

test('bytes that wait are bounded, but one larger request passes when it is alone', () => {
  const { ask, begun, connection, names } = rig()
  const large = 'P'.padEnd(600, 'x')
  ask(large, 'P2')
  assert.deepEqual([names(), connection.isPaused], [[large], true])
  begun[0]!.release() // the bytes count until they are released or answered
  assert.deepEqual([names(), connection.isPaused], [[large, 'P2'], false])
})

test('the budget is shared: one connection waits for what another holds, and gets it when that one is gone', () => {
  const budget = new RequestBudget(80) // ten bytes of it for small requests
  const first = rig({}, budget)
  const second = rig({}, budget)
  first.ask('P-ten bytes')
  second.ask('P2')
  assert.deepEqual([second.names(), second.connection.isPaused], [[], true])
  first.begun[0]!.answer(null)
  assert.deepEqual([second.names(), second.connection.isPaused], [['P2'], false])
  second.begun[0]!.answer(null)
  assert.equal(budget.usedBytes, 0)

  first.connection.deliver(frame('P-half way').subarray(0, 9)) // it will never send the rest
  second.ask('P3')
  assert.equal(second.names().length, 1)
  first.connection.close()
  assert.deepEqual([second.names(), budget.usedBytes], [['P2', 'P3'], 2])
})

const MB = 1 << 20
const spacious = { maxFrameBytes: 100 * MB, maxPendingBytes: 16 * MB }
/** A request that overlaps, announced with `size` bytes, of which `sent` come. */
const begins = (size: number, sent: number) => frame('P'.padEnd(size, 'x')).subarray(0, 4 + sent)

test('announced bytes cost nothing until they come: nobody is kept out by promises', () => {
  const budget = new RequestBudget(8 * MB)
  const promising = Array.from({ length: 100 }, () => rig(spacious, budget))
  for (const { connection } of promising) connection.deliver(int32(100 * MB))
  assert.ok(budget.usedBytes <= 100 * 1024, `${budget.usedBytes} bytes`)
  const honest = rig(spacious, budget)
  honest.ask('P1', 'P'.padEnd(2 * MB, 'x'))
  assert.equal(honest.begun.length, 2)
})

test('large requests that fill their share leave room for small ones', () => {
  const budget = new RequestBudget(8 * MB)
  const large = Array.from({ length: 10 }, () => rig(spacious, budget))
  for (const { connection } of large) connection.deliver(begins(2 * MB, MB + 1))
  assert.ok(large.some(({ connection }) => connection.isPaused))
  const small = rig(spacious, budget)
  small.ask('P1', 'P2')
  assert.equal(small.begun.length, 2)
})

test('frames that all wait half way become whole one after the other, with one beyond the budget at most', () => {
  const budget = new RequestBudget(8 * MB)
  const all = Array.from({ length: 10 }, () => rig(spacious, budget))
  for (const { connection } of all) connection.deliver(begins(3 * MB, 2 * MB - 1))
  for (const { connection } of all) connection.deliver(begins(3 * MB, 3 * MB).subarray(4 + 2 * MB - 1))
  let most = budget.usedBytes
  for (let done = 0; done < all.length; done++) {
    const whole = all.flatMap(({ begun }) => begun).find((request) => !request.isAnswered)
    assert.ok(whole, `nobody could go on after ${done}`)
    whole.answer(null)
    most = Math.max(most, budget.usedBytes)
  }
  assert.ok(most < 14 * MB, `${most} bytes at once`)
  assert.equal(budget.usedBytes, 0)
})

test('a frame of which nothing comes any more is given up after maxStallMs', async () => {
  const { clock, connection, closings, ask, answer } = rig()
  connection.deliver(frame('P1').subarray(0, 5))
  await clock.advance(20_000)
  connection.deliver(frame('P1').subarray(5))
  answer('P1')
  await clock.advance(35_000) // no frame is under way
  ask('P2')
  connection.deliver(frame('P3').subarray(0, 5))
  await clock.advance(29_000)
  assert.equal(connection.isClosed, false)
  await clock.advance(3000)
  assert.deepEqual([connection.isClosed, closings[0]!.isFault], [true, true])
  assert.match(closings[0]!.why!, /stopped half way/)
})

test('while memory is short a frame that trickles makes room; otherwise it may take its time', async () => {
  const clock = new ManualClock()
  const budget = new RequestBudget(8 * MB)
  const slow = Array.from({ length: 4 }, () => rig(spacious, budget, clock))
  for (const { connection } of slow) connection.deliver(begins(3 * MB, 1.5 * MB))
  const trickle = async () => {
    for (let second = 0; second < 10; second++) {
      for (const { connection } of slow) connection.deliver(Buffer.from('x'))
      await clock.advance(1000)
    }
  }
  const waiting = rig(spacious, budget, clock)
  await trickle()
  assert.equal(slow.filter(({ connection }) => connection.isClosed).length, 0)
  waiting.ask('P'.padEnd(MB, 'x'))
  assert.equal(waiting.begun.length, 0)
  await trickle()
  assert.equal(waiting.begun.length, 1)
})

test('a frame that we hold up ourselves is not blamed for it', async () => {
  const clock = new ManualClock()
  const budget = new RequestBudget(8 * MB)
  const holder = rig(spacious, budget, clock)
  holder.ask(...Array.from({ length: 7 }, () => 'P'.padEnd(MB, 'x')))
  const [first, second] = [rig(spacious, budget, clock), rig(spacious, budget, clock)]
  first.connection.deliver(begins(3 * MB, 100))
  second.connection.deliver(begins(3 * MB, 100))
  for (const { connection } of [first, second]) connection.deliver(begins(3 * MB, 3 * MB).subarray(104))
  const paused = [first, second].find(({ connection }) => connection.isPaused)
  assert.ok(paused)
  await clock.advance(50_000)
  for (const request of holder.begun) request.answer(null)
  await clock.advance(2000)
  assert.deepEqual([paused.connection.isClosed, paused.begun.length], [false, 1])
})

test('a request that may be kept for long holds no memory of others', () => {
  const { ask, begun } = rig({ maxPendingRequests: 100, maxPendingBytes: 10_000 })
  ask('P-overlaps', 'X-parked')
  begun[0]!.answer(null)
  const [overlapping, parked] = begun
  assert.equal(text(parked!), 'X-parked')
  assert.ok(parked!.bytes.buffer.byteLength < 100, `${parked!.bytes.buffer.byteLength} bytes stay for it`)
  assert.ok(overlapping!.bytes.buffer.byteLength > 1000, 'a Produce shares a slab and is not copied')
})

test('a client that does not read its answers is neither read from nor worked for', async () => {
  const { ask, answer, answers, connection, names } = rig()
  connection.isStuck = true
  ask('P'.padEnd(120, 'x'), 'X1')
  answer('P'.padEnd(120, 'x'))
  ask('X2')
  assert.deepEqual([names().length, connection.isPaused], [1, true])
  await connection.drain()
  assert.deepEqual([names().slice(1), connection.isPaused], [['X1'], false])
  answer('X1')
  answer('X2')
  assert.deepEqual(answers().slice(1), ['x1', 'x2'])
})

test('a connection is closed when it was idle too long, but never while it is worked for', async () => {
  const { ask, answer, clock, connection, closings } = rig()
  await clock.advance(40_000)
  ask('X1')
  await clock.advance(200_000)
  assert.equal(connection.isClosed, false)
  answer('X1')
  ask('X2')
  answer('X2')
  await clock.advance(59_000)
  assert.equal(connection.isClosed, false)
  await clock.advance(61_000)
  assert.equal(connection.isClosed, true)
  assert.match(closings[0]!.why!, /idle for \d+ ms/)
  await clock.advance(600_000)
  assert.equal(closings.length, 1)
})

test('when the connection goes, waiting requests are dropped, begun ones are told, and nothing stays counted', () => {
  const budget = new RequestBudget(8000)
  const { ask, begun, channel, connection, closings } = rig({}, budget)
  const { gone } = channel
  ask('X1', 'X2', 'X3')
  let left = 0
  connection.close(new Error('reset'))
  assert.equal(gone.aborted, true)
  assert.match(closings[0]!.why!, /reset/)
  begun[0]!.answer(framed([Buffer.from('late')]), () => left++)
  begun[0]!.release()
  assert.deepEqual([left, budget.usedBytes, begun.length, connection.sent], [1, 0, 1, ''])
})

test('the sender of an answer is told when it left', async () => {
  const { ask, begun, connection } = rig()
  connection.isStuck = true
  ask('X1')
  let left = 0
  begun[0]!.answer(framed([Buffer.from('x')]), () => left++)
  assert.equal(left, 0)
  await connection.drain()
  assert.equal(left, 1)
})

test('garbage closes the connection with a reason; what came before is begun', () => {
  const { ask, connection, closings, names } = rig()
  ask('P1')
  connection.deliver(Buffer.from('ffffffff00', 'hex'))
  assert.deepEqual([connection.isClosed, names(), closings.length], [true, ['P1'], 1])
  assert.match(closings[0]!.why!, /announced -1 bytes/)
})

test('a sink that throws costs one connection', () => {
  const { house, ask, connection, closings } = rig()
  house.sink.receive = () => {
    throw new Error('a bug')
  }
  ask('X1', 'X2')
  assert.equal(connection.isClosed, true)
  assert.match(closings[0]!.why!, /a bug/)
})

test('answering twice is a bug that is noticed', () => {
  const { ask, answer, begun } = rig()
  ask('X1')
  answer('X1')
  assert.throws(() => begun[0]!.answer(null), /answered twice/)
})

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

test('large frames that all are ready leave others a turn when they took their time; small ones need no look at the clock', async () => {
  const large = 100_000
  const { clock, connection, begun, house } = rig({ maxFrameBytes: large, maxPendingBytes: 100 * large, maxPendingRequests: 100 })
  house.sink.receive = (request: Request) => {
    clock.work(2)
    begun.push(request)
  }
  const frames = (count: number, size: number) =>
    Buffer.concat(Array.from({ length: count }, () => framed([Buffer.alloc(size, 'P')])).flat())
  connection.deliver(frames(9, large))
  const turns: number[] = []
  for (let turn = 0; begun.length < 9 && turn < 20; turn++) {
    turns.push(begun.length)
    await new Promise(setImmediate)
  }
  assert.ok(turns[0]! < 5, `${turns[0]} frames in the first turn`)
  assert.equal(begun.length, 9)
  connection.deliver(frames(9, 10))
  assert.equal(begun.length, 18)
})
