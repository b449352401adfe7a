import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../../test/support/manual-clock.ts'
import { SeededRandom } from '../../platform/sim/random.ts'
import { protocolError } from '../errors/translate.ts'
import { createLogger } from '../logging.ts'
import { retryOf } from '../retry.ts'
import { Attempts } from './attempts.ts'

test('a handler that ends because of the group is called again at once, and after a pause where it says so again', async () => {
  const clock = new ManualClock()
  const random = new SeededRandom(1)
  const logger = createLogger(0, () => () => {})
  const attempts = new Attempts({ retry: retryOf({ initialRetryTime: 100 }), clock, random, logger, groupId: 'g' })
  let calls = 0
  const running = attempts.run(
    () =>
      attempts.watching({ topic: 't', partition: 0 }, async () => {
        if (++calls < 4) throw protocolError(27)
      }),
    () => true,
  )
  await clock.advance(99)
  assert.equal(calls, 2)
  await clock.advance(101)
  await running
  assert.equal(calls, 4)
})
