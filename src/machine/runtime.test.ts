import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from '../../test/support/fast-check.ts'
import { MemoryLog } from '../../test/support/memory-log.ts'
import type { Clock } from '../platform/clock.ts'
import { silentLogger } from '../platform/logger.ts'
import { KafkaError } from '../protocol/errors.ts'
import { batches } from '../protocol/records/batch.ts'
import {
  type Decision,
  decide,
  decideLater,
  type Effect,
  type RecordCodec,
  type RecordMeta,
  type StateMachine,
} from './machine.ts'
import { MachineRuntime, type RuntimeOptions } from './runtime.ts'

/** A list of words; `boom` cannot be applied, `?` is of a kind that nobody knows. */
class Words implements StateMachine<string> {
  readonly said: string[] = []
  readonly pending = new Map<number, string[]>()
  readonly offsets: number[] = []
  unloaded = false
  due: string[] = []

  apply(word: string, meta: RecordMeta): void {
    if (word === 'boom') throw new Error('boom')
    this.offsets.push(meta.offset)
    if (!meta.isTransactional) this.said.push(word)
    else this.pending.set(meta.producerId, [...(this.pending.get(meta.producerId) ?? []), word])
  }

  endTransaction(producerId: number, _epoch: number, committed: boolean): void {
    if (committed) this.said.push(...(this.pending.get(producerId) ?? []))
    this.pending.delete(producerId)
  }

  onLoaded(): Effect[] {
    return [{ kind: 'timer', key: 'hello', afterMs: 10 }]
  }

  onTimer(key: string): Decision<string, void> {
    this.due.push(key)
    return decide<string, void>(undefined, [`due ${key}`])
  }

  onUnloaded(): void {
    this.unloaded = true
  }
}

const codec: RecordCodec<string> = {
  encode: (word) => ({ key: null, value: Buffer.from(word) }),
  decode: (_key, value) => {
    const word = Buffer.from(value!).toString()
    if (word === 'damaged') throw new Error('not a word')
    return word === '?' ? null : word
  },
}

class ManualClock implements Clock {
  time = 0
  timers: { at: number; run: () => void }[] = []
  now = () => this.time
  monotonic = () => this.time
  soon = (run: () => void) => void setImmediate(run)
  after(ms: number, run: () => void) {
    const timer = { at: this.time + ms, run }
    this.timers.push(timer)
    return { cancel: () => void (this.timers = this.timers.filter((other) => other !== timer)) }
  }
  advance(ms: number): void {
    this.time += ms
    for (const timer of this.timers.filter(({ at }) => at <= this.time)) {
      this.timers = this.timers.filter((other) => other !== timer)
      timer.run()
    }
  }
}

function house(log = new MemoryLog(), options: Partial<RuntimeOptions<Words, string>> = {}) {
  const clock = new ManualClock()
  const failures: Error[] = []
  const runtime = new MachineRuntime<Words, string>({
    name: 'words',
    create: () => new Words(),
    log,
    codec,
    clock,
    logger: silentLogger,
    maxBatchBytes: () => 10_000,
    onFailed: (why) => failures.push(why),
    ...options,
  })
  return { log, clock, runtime, failures }
}

const say = (word: string) => () => decide(word, [word])
const turn = () => new Promise<void>((resume) => setImmediate(resume))
const refusedWith = (name: string) => (thrown: unknown) => thrown instanceof KafkaError && thrown.error === name

test('a command answers when its records are committed, a read when what it saw is', async () => {
  const { log, runtime } = house(new MemoryLog('whenTold'))
  await runtime.load()
  const order: string[] = []
  runtime.write(say('a')).then(() => order.push('a'))
  runtime.read((words) => words.said.length).then((seen) => order.push(`read ${seen}`))
  runtime
    .write(() => {
      throw new KafkaError('INVALID_REQUEST')
    })
    .catch(() => order.push('refused'))
  runtime.write(say('b')).then(() => order.push('b'))
  await turn()
  assert.deepEqual(order, [])
  log.commit(1)
  await turn()
  assert.deepEqual(order, ['a', 'read 1', 'refused'])
  log.commit()
  await turn()
  assert.deepEqual(order, ['a', 'read 1', 'refused', 'b'])
})

test('a refused append fails its command alone and changes nothing', async () => {
  const { log, runtime } = house()
  await runtime.load()
  await runtime.write(say('a'))
  log.refusal = new KafkaError('NOT_ENOUGH_REPLICAS')
  await assert.rejects(runtime.write(say('b')), refusedWith('NOT_ENOUGH_REPLICAS'))
  log.refusal = null
  await runtime.write(say('c'))
  assert.deepEqual(runtime.machine!.said, ['a', 'c'])
  assert.deepEqual(runtime.machine!.offsets, [0, 1])
})

test('an apply that throws unloads the machine and fails what is parked', async () => {
  const { runtime, failures } = house(new MemoryLog('whenTold'))
  await runtime.load()
  const words = runtime.machine!
  const parked = assert.rejects(runtime.write(say('a')), refusedWith('NOT_COORDINATOR'))
  await assert.rejects(runtime.write(say('boom')), refusedWith('NOT_COORDINATOR'))
  await parked
  assert.equal(failures.length, 1)
  assert.ok(words.unloaded)
  await assert.rejects(runtime.write(say('b')), refusedWith('NOT_COORDINATOR'))
})

test('resigning fails those parked for a commit and those parked for a later command, and who comes after', async () => {
  const { clock, runtime } = house(new MemoryLog('whenTold'))
  await runtime.load()
  const asked = [runtime.write(say('a')), runtime.write(() => decideLater<string, string>('key'))]
  const outcomes = Promise.allSettled(asked)
  runtime.resign(new KafkaError('COORDINATOR_NOT_AVAILABLE'))
  for (const outcome of await outcomes)
    assert.ok(outcome.status === 'rejected' && refusedWith('COORDINATOR_NOT_AVAILABLE')(outcome.reason))
  await assert.rejects(
    runtime.read(() => 0),
    refusedWith('COORDINATOR_NOT_AVAILABLE'),
  )
  assert.equal(clock.timers.length, 0)
})

test('a log that moved to another leader epoch takes no commands of the machine of the last one, and commits nothing of it', async () => {
  const { log, runtime } = house(new MemoryLog('whenTold'))
  await runtime.load()
  let outcome = 'open'
  runtime.write(say('a')).then(
    () => (outcome = 'answered'),
    () => (outcome = 'refused'),
  )
  // Another leader's record took its place, and is committed: nobody here was told yet that this one leads no longer.
  log.leaderEpoch = 1
  log.committedOffset = 1
  for (const command of [() => runtime.read(({ said }) => said), () => runtime.write(say('b'))])
    await assert.rejects(command(), refusedWith('COORDINATOR_LOAD_IN_PROGRESS'))
  await turn()
  assert.deepEqual([outcome, log.endOffset], ['open', 1])
  runtime.resign(new KafkaError('NOT_COORDINATOR'))
  await turn()
  assert.equal(outcome, 'refused')
  await runtime.load()
  assert.deepEqual(await runtime.read(({ said }) => said), ['a'])
})

test('who waits for a commit longer than the time for it is refused, and what comes after can be answered again', async () => {
  const { log, clock, runtime } = house(new MemoryLog('whenTold'), { commitTimeoutMs: 5000 })
  await runtime.load()
  const order: string[] = []
  const note = (what: string, asked: Promise<unknown>) =>
    void asked.then(
      () => order.push(what),
      (thrown) => order.push(`${what} ${KafkaError.of(thrown).error}`),
    )
  note('write', runtime.write(say('a')))
  note(
    'read',
    runtime.read(() => 0),
  )
  log.refusal = new KafkaError('NOT_ENOUGH_REPLICAS')
  note('refused', runtime.write(say('b')))
  log.refusal = null
  clock.advance(3000)
  note(
    'later',
    runtime.read(() => 0),
  )
  clock.advance(1999)
  await turn()
  assert.deepEqual(order, [])
  clock.advance(1)
  await turn()
  assert.deepEqual(order, ['write REQUEST_TIMED_OUT', 'read REQUEST_TIMED_OUT', 'refused NOT_ENOUGH_REPLICAS'])
  log.commit()
  await turn()
  assert.equal(order.at(-1), 'later')
  clock.advance(10_000)
  note(
    'last',
    runtime.read(({ said }) => said),
  )
  await turn()
  assert.deepEqual([order.length, runtime.machine!.said[0]], [5, 'a'])
})

test('a later command answers the parked one once it is committed itself', async () => {
  const { log, runtime } = house(new MemoryLog('whenTold'))
  await runtime.load()
  const order: string[] = []
  runtime.write(() => decideLater<string, string>('join')).then((value) => order.push(value))
  runtime
    .write(() => decide('done', ['x'], [{ kind: 'answer', key: 'join', value: 'joined' }]))
    .then((value) => order.push(value))
  runtime.write(() => decideLater<string, string>('join')).then((value) => order.push(`second ${value}`))
  await turn()
  assert.deepEqual(order, [])
  log.commit()
  await turn()
  assert.deepEqual(order, ['joined', 'done'])
  await runtime.write(() => decideLater<string, string>('join', [], [{ kind: 'answer', key: 'join', value: 'both' }]))
  assert.deepEqual(order, ['joined', 'done', 'second both'])
})

test('an error as the answer of a later command refuses the parked one', async () => {
  const { runtime } = house()
  await runtime.load()
  const parked = runtime.write(() => decideLater<string, string>('join'))
  await runtime.write(() => decide('ok', [], [{ kind: 'answer', key: 'join', value: new KafkaError('REBALANCE_IN_PROGRESS') }]))
  await assert.rejects(parked, refusedWith('REBALANCE_IN_PROGRESS'))
})

test('a timer is a command without an asker, tried again while the log refuses it', async () => {
  const { clock, log, runtime } = house()
  await runtime.load()
  log.refusal = new KafkaError('NOT_ENOUGH_REPLICAS')
  clock.advance(10)
  await turn()
  log.refusal = null
  clock.advance(1000)
  await turn()
  assert.deepEqual(runtime.machine!.due, ['hello', 'hello'])
  assert.deepEqual(runtime.machine!.said, ['due hello'])
})

test('a decision that is too large for one batch is split, or refused where it must not be', async () => {
  const { log, runtime } = house(new MemoryLog(), { maxBatchBytes: () => 300 })
  await runtime.load()
  const words = Array.from({ length: 20 }, (_, i) => `word ${i}`)
  await assert.rejects(
    runtime.write(() => decide(0, words)),
    refusedWith('RECORD_LIST_TOO_LARGE'),
  )
  assert.equal(log.endOffset, 0)
  await runtime.write(() => ({ ...decide(0, words), atomic: false }))
  assert.deepEqual(runtime.machine!.said, words)
  for (const piece of await log.read(0, 1e6)) for (const batch of batches(piece)) assert.ok(batch.sizeInBytes <= 300)
})

test('records of a transaction count once it is committed, lived as well as replayed', async () => {
  const { log, runtime } = house()
  await runtime.load()
  const [one, two] = [
    { producerId: 1, producerEpoch: 0 },
    { producerId: 2, producerEpoch: 3 },
  ]
  await runtime.write(say('kept'), { producer: one })
  await runtime.write(say('dropped'), { producer: two })
  await runtime.write(say('plain'))
  await runtime.endTransaction(one, 7, true)
  await runtime.endTransaction(two, 7, false)
  await runtime.write(say('open'), { producer: one })
  const again = house(log)
  await again.runtime.load()
  for (const { said, pending } of [runtime.machine!, again.runtime.machine!]) {
    assert.deepEqual(said, ['plain', 'kept'])
    assert.deepEqual([...pending], [[1, ['open']]])
  }
})

test('unknown and damaged records are passed over, and stay in the log', async () => {
  const log = new MemoryLog()
  const { runtime } = house(log)
  await runtime.load()
  for (const word of ['a', '?', 'damaged', 'b']) await runtime.write(say(word))
  const again = house(log)
  await again.runtime.load()
  assert.deepEqual(again.runtime.machine!.said, ['a', 'b'])
  assert.equal(log.endOffset, 4)
})

test('a load continues where the restored snapshot ends', async () => {
  const log = new MemoryLog()
  const { runtime } = house(log)
  await runtime.load()
  await runtime.write(() => decide(0, ['a', 'b', 'c']))
  const again = house(log, { restore: async (words) => words.said.push('a', 'b') })
  await again.runtime.load()
  assert.deepEqual(again.runtime.machine!.said, ['a', 'b', 'c'])
})

test('a load that is overtaken by a resignation gives way', async () => {
  const { runtime } = house()
  const load = runtime.load()
  const tooEarly = assert.rejects(
    runtime.read(() => 0),
    refusedWith('COORDINATOR_LOAD_IN_PROGRESS'),
  )
  runtime.resign(new KafkaError('NOT_COORDINATOR'))
  await tooEarly
  assert.equal(await load, false)
  assert.equal(runtime.machine, null)
})

test('a long load lets others run in between, and stops where it is overtaken in the middle', async () => {
  const log = new MemoryLog()
  const { runtime } = house(log)
  await runtime.load()
  for (let i = 0; i < 20; i++) await runtime.write(say(`${i}`))
  const slow = house(log)
  slow.clock.monotonic = () => (slow.clock.time += 20)
  let turns = 0
  const count = () => {
    turns++
    setImmediate(count).unref()
  }
  const load = slow.runtime.load()
  count()
  await load
  assert.equal(slow.runtime.machine!.said.length, 20)
  assert.ok(turns >= 10, `${turns} turns`)
  const overtaken = slow.runtime.load()
  await turn()
  await turn()
  slow.runtime.resign(new KafkaError('NOT_COORDINATOR'))
  assert.equal(await overtaken, false)
})

test('replayed equals lived, whatever was said in whatever pieces', async () => {
  const step = fc.record({
    words: fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 4 }),
    producer: fc.constantFrom(-1, 1, 2),
    end: fc.constantFrom('open', 'commit', 'abort'),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const { log, runtime } = house()
      await runtime.load()
      for (const { words, producer, end } of steps) {
        const who = { producerId: producer, producerEpoch: 0 }
        await runtime.write(() => decide(0, words), producer < 0 ? {} : { producer: who })
        if (producer > 0 && end !== 'open') await runtime.endTransaction(who, 0, end === 'commit')
      }
      const again = house(log)
      await again.runtime.load()
      const { said, pending, offsets } = runtime.machine!
      const replayed = again.runtime.machine!
      assert.deepEqual([replayed.said, [...replayed.pending], replayed.offsets], [said, [...pending], offsets])
    }),
    { numRuns: 100 },
  )
})

test('when the log is over, everyone who waits is sent away, refusals too, and no timer is left', async () => {
  const { log, clock, runtime } = house(new MemoryLog('whenTold'))
  await runtime.load()
  const { machine } = runtime
  const refuse = () => {
    throw new KafkaError('UNKNOWN_MEMBER_ID')
  }
  const waiting = [runtime.write(say('a')), runtime.write(refuse), runtime.write(() => decideLater('k'))]
  log.retire(new KafkaError('KAFKA_STORAGE_ERROR', 'the disk failed'))
  for (const one of waiting) await assert.rejects(one, refusedWith('NOT_COORDINATOR'))
  await assert.rejects(runtime.write(say('b')), refusedWith('NOT_COORDINATOR'))
  assert.deepEqual([machine!.unloaded, clock.timers.length], [true, 0])
  assert.equal(await runtime.load(), false)
})

test('a load ends when its log does, and nothing is loaded from a log that is over', async () => {
  const log = new MemoryLog()
  const { runtime } = house(log)
  const load = runtime.load()
  log.retire(new KafkaError('KAFKA_STORAGE_ERROR'))
  assert.equal(await load, false)
  const late = house(log)
  assert.equal(await late.runtime.load(), false)
  await assert.rejects(late.runtime.write(say('a')), refusedWith('NOT_COORDINATOR'))
})
