// What Apache Kafka 4.2 answered to 140 batches, well-formed and not, as recorded on a running broker. Each entry has the bytes, the
// version of Produce, the topic's settings where they differ from the defaults, the broker's time, and what the answer said.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { before, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { defaultRules } from '../../../test/support/records.ts'
import { ready } from '../compression/index.ts'
import { errorName } from '../errors.ts'
import { type BatchRules, InvalidBatch, validateBatch } from './validate.ts'

interface Recorded {
  readonly name: string
  readonly version: number
  readonly topic?: Partial<BatchRules>
  readonly now: number
  readonly records: string
  readonly error: number
  readonly logStart?: boolean
  readonly told?: boolean
  readonly wrong?: readonly number[]
  readonly logAppendTime: boolean
}

const file = new URL('../../../../test/data/golden-produce.json.gz', import.meta.url)
const recorded = JSON.parse(gunzipSync(readFileSync(file)).toString()) as readonly Recorded[]

before(ready)

test('the recording holds accepted and refused batches', () => {
  assert.equal(recorded.length, 140)
  assert.equal(new Set(recorded.map(({ error }) => error)).size, 8)
})

for (const entry of recorded)
  test(`${entry.name}: ${entry.error === 0 ? 'accepted' : errorName(entry.error)}`, () => {
    const rules: BatchRules = { ...defaultRules, ...entry.topic, produceVersion: entry.version }
    const act = () => validateBatch(Buffer.from(entry.records, 'base64'), rules, entry.now)
    if (entry.error === 0) {
      const { batch, logAppendTimeMs } = act()
      assert.ok(batch.checksumMatches())
      assert.equal(logAppendTimeMs, entry.logAppendTime ? entry.now : -1)
      assert.equal([...batch.records()].length, batch.recordCount)
      return
    }
    assert.throws(act, (thrown) => {
      assert.ok(thrown instanceof InvalidBatch)
      assert.equal(thrown.error, errorName(entry.error))
      if (entry.logStart === undefined) return true // before Produce version 8 the answer says no more
      assert.equal(thrown.insideRecords, entry.logStart, 'names the log start offset')
      assert.equal(thrown.isTold, entry.told, 'has a text')
      assert.deepEqual(
        thrown.recordErrors.map(({ batchIndex }) => batchIndex),
        entry.wrong,
      )
      return true
    })
  })
