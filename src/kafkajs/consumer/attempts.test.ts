import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../../test/support/manual-clock.ts'
import { SeededRandom } from '../../platform/sim/random.ts'
import { KafkaJSNumberOfRetriesExceeded } from '../errors/classes.ts'
import { protocolError } from '../errors/translate.ts'
import { createLogger } from '../logging.ts'
import { retryOf } from '../retry.ts'
import { Attempts } from './attempts.ts'

function scene() {
  const clock = new ManualClock()
  const random = new SeededRandom(1)
  const logger = createLogger(0, () => () => {})
  const attempts = new Attempts({ retry: retryOf({ initialRetryTime: 100 }), clock, random, logger, groupId: 'g' })
  const place = { topic: 't', partition: 0 }
  return {
    clock,
    run: (handle: () => Promise<void>) =>
      attempts.run(
        () => attempts.watching(place, handle),
        () => true,
      ),
  }
}

test('a handler that ends because of the group is called again at once, and after a pause where it says so again', async () => {
  const { clock, run } = scene()
  let calls = 0
  const running = run(async () => {
    if (++calls < 4) throw protocolError(27)
  })
  await clock.advance(99)
  assert.equal(calls, 2)
  await clock.advance(101)
  await running
  assert.equal(calls, 4)
})

test('what a handler throws that cannot be helped is told with its cause', async () => {
  const cause = protocolError(5)
  const givenUp = new KafkaJSNumberOfRetriesExceeded(cause, { retryCount: 5, retryTime: 1 })
  await assert.rejects(
    scene().run(() => Promise.reject(givenUp)),
    (error: Error) => error.name === 'KafkaJSNonRetriableError' && error.cause === cause,
  )
})
