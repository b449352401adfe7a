// A short campaign, and everything that longer ones ever found.

import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { apis } from '../../src/protocol/api.ts'
import { type Compression, decompress, OutputTooLarge, ready } from '../../src/protocol/compression/index.ts'
import { HEADER_SIZE } from '../../src/protocol/records/batch.ts'
import { Chance } from '../wire/random-value.ts'
import { Campaign, type Finding } from './campaign.ts'
import { fireAtControllers } from './controllers.ts'
import { keptInputs } from './corpus.ts'
import { Fire, servedApis } from './fire.ts'
import { FrameMaker } from './frames.ts'
import { due, wrongWith } from './judge.ts'
import { bomb } from './record-batches.ts'
import { countsOf, newTally } from './tally.ts'
import { Target } from './target.ts'
import { threadTimeMs } from './thread-time.ts'
import { validateOne } from './validated.ts'

let served: Awaited<ReturnType<typeof servedApis>>
before(async () => {
  await ready()
  served = await servedApis()
})

test('a few hundred hostile frames and batches do no harm', async () => {
  const findings: Finding[] = []
  const progress = newTally(7)
  const campaign = new Campaign(progress, served, (finding) => findings.push(finding))
  await campaign.run({ frames: 384, batches: 48, until: Infinity })
  assert.deepEqual(
    findings.filter(({ title }) => !/stood still/.test(title)).map(({ title, detail }) => `${title}\n${detail}`),
    [],
  )
  // It would show little if all were refused, or all understood.
  assert.ok(progress.verdicts['answered']! > 80 && progress.verdicts['closed']! > 80, JSON.stringify(progress))
  assert.ok(progress.batchesAccepted > 5 && progress.recordsRead > 5, JSON.stringify(progress))
})

test('a few hundred hostile frames at the listeners of three controllers leave one cluster behind', async () => {
  const { verdicts, findings } = await fireAtControllers(7, 384)
  assert.deepEqual(findings, [])
  assert.ok(verdicts.answered! > 60 && verdicts.closed! > 60, JSON.stringify(verdicts))
})

test('what went by unjudged because its broker was lost is told, and does not count as tried', async () => {
  const lost = Target.open()
  await lost.kill()
  const titles: string[] = []
  const progress = newTally(7)
  const campaign = new Campaign(progress, served, ({ title }) => titles.push(title), lost)
  await campaign.run({ frames: 8, batches: 1, until: Infinity })
  assert.match(titles.join(), /the process ended with SIGKILL/)
  assert.deepEqual([progress.frames, progress.framesLost, progress.batches, progress.batchesLost], [8, 8, 1, 0])
})

test('what once did harm does none any more', async () => {
  const kept = keptInputs()
  const target = Target.open()
  try {
    const fire = await Fire.open(target, new Set(served.map(({ key }) => key)))
    for (const { name, inputs } of kept) {
      for (const { kind, bytes } of inputs)
        if (kind === 'batch') for (let seed = 0; seed < 8; seed++) validateOne(bytes, new Chance(seed))
      await fire.shoot(
        inputs.filter(({ kind }) => kind !== 'batch'),
        (_, verdict) => assert.notEqual(verdict.kind, 'wrong', `${name}: ${JSON.stringify(verdict)}`),
      )
      await fire.bystand()
      const complaints = await fire.complaints()
      assert.deepEqual(
        complaints.filter((complaint) => !/stood still/.test(complaint)),
        [],
        name,
      )
    }
  } finally {
    await target.kill()
  }
})

test('a case depends on its seed and number alone', () => {
  const served = apis.filter(({ listeners }) => listeners.length > 0)
  const bytesOf = (maker: FrameMaker, index: number) => Buffer.from(maker.frame(index).frame).toString('hex')
  const one = new FrameMaker(3, served)
  const other = new FrameMaker(3, served)
  for (let index = 40; index >= 0; index--) one.frame(index)
  for (let index = 0; index < 40; index++) assert.equal(bytesOf(one, index), bytesOf(other, index))
  assert.notEqual(bytesOf(one, 5), bytesOf(new FrameMaker(4, served), 5))
  assert.deepEqual(one.batch(9), other.batch(9))
})

test('the judge sees an answer to garbage, to another request, of another form', () => {
  const request = Buffer.from('0012000000000007ffff', 'hex') // ApiVersions 0, correlation id 7
  const served = new Set([18])
  const owed = due(request, served)
  const answer = Buffer.from('00000007000000000000', 'hex')
  assert.equal(wrongWith(answer, owed), null)
  assert.match(wrongWith(Buffer.from('00000008000000000000', 'hex'), owed)!, /correlation id 8/)
  assert.match(wrongWith(Buffer.concat([answer, Buffer.from([0])]), owed)!, /left behind/)
  assert.match(wrongWith(answer.subarray(0, 8), owed)!, /cannot be read/)
  for (const garbage of ['', '0012', '270f000000000007ffff', '0003000000000007ffff']) {
    assert.match(wrongWith(answer, due(Buffer.from(garbage, 'hex'), served))!, /garbage was answered/)
  }
})

test('the bombs are bombs', () => {
  const codecs: readonly Compression[] = ['gzip', 'snappy', 'lz4', 'zstd']
  for (const codec of codecs) {
    const bytes = bomb(codec, 'zeros')
    assert.ok(bytes.length <= 1 << 20, `${codec}: ${bytes.length} bytes`)
    assert.throws(() => decompress(codec, bytes.subarray(HEADER_SIZE), 15 << 20), OutputTooLarge, codec)
    assert.equal(decompress(codec, bomb(codec, 'records').subarray(HEADER_SIZE), 8 << 20).length, 7 << 20, codec)
  }
})

test('what is counted between two saves adds up to all of it', () => {
  const tally = newTally(1, 100, 50)
  const begun = structuredClone(tally)
  Object.assign(tally, { frames: 140, batches: 60, batchesAccepted: 3 })
  tally.verdicts['closed'] = 20
  const saved = structuredClone(tally)
  const first = countsOf(tally, begun)
  assert.deepEqual(first, {
    frames: 40,
    batches: 10,
    framesLost: 0,
    batchesLost: 0,
    batchesAccepted: 3,
    recordsRead: 0,
    closed: 20,
  })
  Object.assign(tally, { frames: 150, framesLost: 7, recordsRead: 9 })
  tally.verdicts['closed'] = 25
  assert.deepEqual(countsOf(tally, saved), {
    frames: 10,
    batches: 0,
    framesLost: 7,
    batchesLost: 0,
    batchesAccepted: 0,
    recordsRead: 9,
    closed: 5,
  })
})

test('the time of a thread is what it worked, not what others did', async () => {
  const before = threadTimeMs()
  await new Promise((resolve) => setTimeout(resolve, 30))
  const idle = threadTimeMs()
  let sum = 0
  for (let i = 0; i < 3e7; i++) sum += i % 7
  const busy = threadTimeMs()
  assert.ok(sum > 0 && busy > idle && idle >= before, `${before} ${idle} ${busy}`)
})
