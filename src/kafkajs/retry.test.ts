import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KafkaJSNonRetriableError } from './errors/classes.ts'
import { clusterRetry, pauseMs, pausesMs, retryOf } from './retry.ts'

const middle = { next: () => 0.5, bytes: (length: number) => new Uint8Array(length) }

test('what is given last counts, and what is left out has its default', () => {
  const retry = retryOf({ retries: 2, initialRetryTime: 100 }, { retries: 8, maxRetryTime: undefined as never })
  assert.deepEqual(retry, { retries: 8, initialRetryTime: 100, maxRetryTime: 30_000, factor: 0.2, multiplier: 2 })
  assert.deepEqual(clusterRetry(retry), { limit: 8, multiplier: 2, spread: 0.2 })
  assert.throws(() => retryOf({ retries: -1 }), KafkaJSNonRetriableError)
  assert.throws(() => retryOf({ factor: 'much' as never }), /retry\.factor=much is not valid/)
})

test('pauses grow by the multiplier up to their longest, and are spread by the factor', () => {
  const retry = retryOf({ initialRetryTime: 100, multiplier: 3, maxRetryTime: 1000, factor: 0.5 })
  assert.deepEqual(
    [0, 1, 2, 3].map((attempt) => pauseMs(retry, attempt, middle)),
    [100, 300, 900, 1000],
  )
  assert.equal(pauseMs(retry, 1, { ...middle, next: () => 0 }), 150)
  assert.equal(pausesMs(retryOf({ retries: 3, initialRetryTime: 100, factor: 0 })), 700)
})
