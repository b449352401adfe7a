// A log against an array: whatever is appended, rolled, read, cut, deleted, closed and crashed, both hold the same.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from '../../test/support/fast-check.ts'
import { batchOf, LogWorld, logConfig, readAll, settle, TOPIC_ID } from '../../test/support/log-world.ts'
import type { Log } from './log.ts'
import type { LogDir } from './log-dir.ts'

interface Entry {
  readonly offset: number
  readonly value: string
  readonly timestamp: number
  readonly epoch: number
  /** Of its batch: a cut takes the whole batch. */
  readonly batchStart: number
}

class Model {
  entries: Entry[] = []
  startOffset = 0
  endOffset = 0

  get visible(): Entry[] {
    return this.entries.filter(({ offset }) => offset >= this.startOffset)
  }

  cut(offset: number): void {
    const first = this.entries.find((entry) => entry.offset === offset)
    this.endOffset = Math.max(this.startOffset, first ? first.batchStart : Math.min(offset, this.endOffset))
    this.entries = this.entries.filter((entry) => entry.offset < this.endOffset)
  }
}

interface Real {
  world: LogWorld
  dir: LogDir
  log: Log
  epoch: number
  nextValue: number
}

type Command = fc.AsyncCommand<Model, Real>

class Append implements Command {
  readonly sizes: readonly number[]
  readonly timestamp: number
  constructor(sizes: readonly number[], timestamp: number) {
    this.sizes = sizes
    this.timestamp = timestamp
  }
  check = () => true
  async run(model: Model, real: Real): Promise<void> {
    const values = this.sizes.map((size) => `${real.nextValue++}${'.'.repeat(size)}`)
    const { baseOffset } = real.log.append(batchOf(values, { timestamp: this.timestamp }), real.epoch)
    assert.equal(baseOffset, model.endOffset)
    for (const [i, value] of values.entries()) {
      model.entries.push({ offset: baseOffset + i, value, timestamp: this.timestamp, epoch: real.epoch, batchStart: baseOffset })
    }
    model.endOffset += values.length
  }
  toString = () => `append(${this.sizes}, at ${this.timestamp})`
}

class Do implements Command {
  readonly name: string
  readonly at: number
  readonly act: (model: Model, real: Real, at: number) => Promise<void>
  constructor(name: string, at: number, act: (model: Model, real: Real, at: number) => Promise<void>) {
    this.name = name
    this.at = at
    this.act = act
  }
  check = () => true
  run = (model: Model, real: Real) => this.act(model, real, this.at)
  toString = () => `${this.name}(${this.at})`
}

/** An offset in the log's range, by a fraction of it. */
const placeIn = (model: Model, at: number) => model.startOffset + Math.round((model.endOffset - model.startOffset) * at)

async function compare(model: Model, { log }: Real, from: number, maxBytes: number): Promise<void> {
  assert.deepEqual([log.startOffset, log.endOffset], [model.startOffset, model.endOffset])
  const expected = model.visible.filter(({ offset }) => offset >= from).map(({ offset, value }) => ({ offset, key: null, value }))
  assert.deepEqual(await readAll(log, from, maxBytes), expected)
}

async function reopen(model: Model, real: Real): Promise<void> {
  real.dir = await real.world.open({ tailBytes: 32 * 1024, maxOpenFiles: 2 })
  real.log = real.dir.logs.get('t-0')!
  const { endOffset } = real.log
  assert.ok(endOffset <= model.endOffset)
  if (endOffset < model.endOffset) model.cut(endOffset)
  await compare(model, real, model.startOffset, 4096)
}

const actions: { readonly [name: string]: (model: Model, real: Real, at: number) => Promise<void> } = {
  read: (model, real, at) => compare(model, real, placeIn(model, at), 100 + Math.round(at * 5000)),
  async roll(_, { log }) {
    log.roll()
  },
  settle: () => settle(),
  async newEpoch(_, real) {
    real.log.assignEpoch(++real.epoch)
  },
  async truncate(model, { log }, at) {
    const offset = placeIn(model, at)
    model.cut(offset)
    await log.truncate(offset)
    assert.equal(log.endOffset, model.endOffset)
  },
  async deleteBefore(model, { log }, at) {
    const offset = placeIn(model, at)
    await log.flushed() // only what is committed may be deleted
    await log.deleteBefore(offset)
    model.startOffset = offset
  },
  async retention(model, { log, world }) {
    log.highWatermark = log.endOffset
    await log.applyRetention(world.clock.now())
    assert.equal(log.startOffset, model.startOffset)
  },
  async timestamp(model, { log }, at) {
    const wanted = Math.round(at * 2000)
    const expected = model.visible.find(({ timestamp }) => timestamp >= wanted)
    const found = await log.offsetForTimestamp(wanted)
    assert.deepEqual(
      found,
      expected ? { offset: expected.offset, timestamp: expected.timestamp, leaderEpoch: expected.epoch } : null,
    )
  },
  async epochs(model, { log }) {
    for (const { offset, epoch } of model.visible) assert.equal(log.epochAt(offset), epoch)
  },
  async restart(model, real) {
    await real.dir.close({ brokerEpoch: 1 })
    const before = model.endOffset
    await reopen(model, real)
    assert.equal(real.log.endOffset, before, 'nothing is lost by a clean stop')
    const files = await real.world.disk.list('/data/t-0')
    const sizes = files.filter(({ name }) => name.endsWith('.log')).map(({ sizeInBytes }) => sizeInBytes)
    const sum = sizes.reduce((one, other) => one + other, 0)
    assert.equal(real.log.sizeInBytes, sum)
  },
  async checkpoint(_, { dir }) {
    await dir.checkpoint()
  },
  async crash(model, real) {
    const { flushedOffset, writtenOffset } = real.log
    await real.world.crash()
    await reopen(model, real)
    assert.ok(real.log.endOffset >= Math.max(flushedOffset, writtenOffset), 'what was written survives a crash of the process')
  },
}

const command = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(fc.array(fc.nat(600), { minLength: 1, maxLength: 4 }), fc.nat(2000))
      .map(([sizes, at]) => new Append(sizes, at)),
  },
  {
    weight: 5,
    arbitrary: fc
      .tuple(fc.constantFrom(...Object.keys(actions)), fc.double({ min: 0, max: 1, noNaN: true }))
      .map(([name, at]) => new Do(name, at, actions[name]!)),
  },
)

test('the log holds what an array would hold', async () => {
  const runs = Number(process.env['LOG_MODEL_RUNS'] ?? 60)
  await fc.assert(
    fc.asyncProperty(fc.commands([command], { size: 'large', maxCommands: 120 }), async (commands) => {
      const world = new LogWorld(
        logConfig({ 'internal.segment.bytes': 3000, 'index.interval.bytes': 400, 'segment.ms': 10_000_000, 'retention.ms': -1 }),
      )
      const dir = await world.open({ tailBytes: 32 * 1024, maxOpenFiles: 2 })
      const log = await dir.createLog('t', 0, TOPIC_ID, world.config)
      await fc.asyncModelRun(() => ({ model: new Model(), real: { world, dir, log, epoch: 0, nextValue: 0 } }), commands)
    }),
    { numRuns: runs, includeErrorInReport: true },
  )
})
