import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import fc from '../../../test/support/fast-check.ts'
import { anyRecords, defaultRules } from '../../../test/support/records.ts'
import { nodeOffload } from '../../platform/node/offload.ts'
import { type Compression, ready } from '../compression/index.ts'
import { AT, RecordBatch } from './batch.ts'
import { buildBatch, writeChecksum } from './builder.ts'
import { type BatchRules, InvalidBatch, type ValidatedBatch, validateBatch, validateIfQuick, validateLater } from './validate.ts'

before(ready)

const NOW = 1_700_000_000_000
const MB = 1 << 20
const clock = { now: () => NOW }
const pause = () => new Promise<void>((resolve) => setImmediate(resolve))
const offload = nodeOffload()
const aside = { pause, run: offload.run }
const codecs: readonly Compression[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd']
const rulesWith = (rules: Partial<BatchRules> = {}): BatchRules => ({
  ...defaultRules,
  maxMessageBytes: 100 * MB,
  maxDecompressedBytes: 100 * MB,
  ...rules,
})

async function outcome(act: () => ValidatedBatch | Promise<ValidatedBatch>) {
  try {
    const { batch, ...facts } = await act()
    return { ...facts, bytes: Buffer.from(batch.slice()).toString('hex') }
  } catch (thrown) {
    assert.ok(thrown instanceof InvalidBatch, String(thrown))
    const { error, message, recordErrors, insideRecords, isTold } = thrown
    return { error, message, recordErrors, insideRecords, isTold }
  }
}

test('with pauses or without, the outcome is the same', async () => {
  const rules = fc.record({
    compressionType: fc.constantFrom('producer', 'uncompressed', ...codecs.slice(1)) as fc.Arbitrary<
      BatchRules['compressionType']
    >,
    timestampType: fc.constantFrom('CreateTime', 'LogAppendTime'),
    compacted: fc.boolean(),
    maxDecompressedBytes: fc.constantFrom(300, 1e9),
  })
  const damage = fc.option(fc.tuple(fc.nat(), fc.nat(255)), { freq: 3 })
  await fc.assert(
    fc.asyncProperty(
      anyRecords,
      fc.constantFrom(...codecs),
      rules,
      damage,
      fc.nat(7),
      async (records, compression, some, change, codec) => {
        const bytes = buildBatch({ records, compression })
        if (codec > 4) bytes[AT.attributes + 1] = codec
        if (change) bytes[61 + (change[0] % Math.max(1, bytes.length - 61))] = change[1]
        writeChecksum(bytes)
        const all = rulesWith(some)
        const now = await outcome(() => validateBatch(Uint8Array.from(bytes), all, NOW))
        assert.deepEqual(await outcome(() => validateLater(Uint8Array.from(bytes), all, clock, Infinity, aside)), now)
        const quick = await outcome(() => validateIfQuick(Uint8Array.from(bytes), all, NOW, Infinity)!)
        assert.deepEqual(quick, now, 'a small batch is quick')
      },
    ),
    { numRuns: 150 },
  )
})

test('a batch that takes long is not begun at once, and lets others have a turn', async () => {
  const line = `{"level":"info","message":"the same again and again","attempt":`
  const records = Array.from({ length: 120_000 }, (_, i) => ({
    key: null,
    value: Buffer.from(line + i),
    timestamp: NOW,
    headers: [],
  }))
  for (const compression of codecs) {
    const bytes = buildBatch({ records, compression })
    if (compression === 'none') continue
    assert.equal(validateIfQuick(bytes, rulesWith(), NOW, Infinity), null, compression)
    let turns = 0
    let isDone = false
    const others = (async () => {
      for (; !isDone; turns++) await pause()
    })()
    const valid = await validateLater(bytes, rulesWith(), clock, Infinity, aside)
    isDone = true
    await others
    assert.equal(valid.batch.bytes, bytes)
    assert.ok(valid.decompressedBytes > 8 * MB && turns > 1, `${compression}: ${turns} turns`)
  }
})

test('what a compressed payload may hold follows its size: text a hundred times smaller passes, a bomb does not', async () => {
  for (const compression of codecs.slice(1)) {
    const bomb = zeros(95 * MB, compression)
    const isBomb = 95 > 16 + (200 * bomb.length) / MB
    const check = outcome(() => validateLater(bomb, rulesWith(), clock, Infinity, aside))
    if (isBomb) assert.match(JSON.stringify(await check), /MESSAGE_TOO_LARGE/, compression)
    else assert.match(JSON.stringify(await check), /decompressedBytes/, compression)
    const small = await validateLater(zeros(15 * MB, compression), rulesWith(), clock, Infinity, aside)
    assert.ok(small.decompressedBytes >= 15 * MB, compression)
    const without = await outcome(() => validateLater(zeros(3 * MB, compression), rulesWith(), clock, 2 * MB, aside))
    assert.match(JSON.stringify(without), /MESSAGE_TOO_LARGE/, 'the room of the request is used up')
  }
})

test('a record with more headers than anyone needs is refused', async () => {
  const headers = Array.from({ length: 1_000_001 }, () => ({ key: '', value: null }))
  const bytes = buildBatch({ records: [{ key: null, value: null, timestamp: NOW, headers }], compression: 'lz4' })
  assert.equal(new RecordBatch(bytes).recordCount, 1)
  assert.match(
    JSON.stringify(await outcome(() => validateLater(bytes, rulesWith(), clock, Infinity, aside))),
    /INVALID_RECORD.*headers/,
  )
})

function zeros(size: number, compression: Compression): Buffer {
  const bytes = buildBatch({ records: [{ key: null, value: Buffer.alloc(size), timestamp: NOW, headers: [] }], compression })
  assert.equal(bytes.readInt32BE(AT.recordCount), 1)
  return bytes
}
