import assert from 'node:assert/strict'
import { test } from 'node:test'
import { versionsAnswer } from './changes.ts'

test('who does not serve Vote cannot vote, whatever it knows of kraft.version', () => {
  const answer = (apiKey: number) =>
    versionsAnswer({
      errorCode: 0,
      apiKeys: [{ apiKey, minVersion: 0, maxVersion: 2 }],
      throttleTimeMs: 0,
      supportedFeatures: [{ name: 'kraft.version', minVersion: 0, maxVersion: 1 }],
      finalizedFeaturesEpoch: -1,
      finalizedFeatures: [],
      zkMigrationReady: false,
    })
  assert.deepEqual([answer(52).canVote, answer(52).versions], [true, { min: 0, max: 1 }])
  assert.equal(answer(3).canVote, false)
})
