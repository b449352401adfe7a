import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../test/support/manual-clock.ts'
import { KafkaError } from '../protocol/errors.ts'
import type { ControllerChannel } from './controller-channel.ts'
import { Registration } from './registration.ts'

test('a broker does not wait for ever for a controller that does not answer its farewell', async () => {
  const clock = new ManualClock()
  const silent = { ask: () => new Promise(() => {}) } as unknown as ControllerChannel
  const identity = { nodeId: 1, incarnationId: 'x', rack: null, directoryIds: [], previousEpoch: -1, endpoints: [] }
  const outcome: unknown[] = []
  void new Registration(silent, identity).leave(clock, 2000).catch((thrown: unknown) => outcome.push(thrown))
  await clock.advance(1999)
  assert.deepEqual(outcome, [])
  await clock.advance(1)
  await new Promise(setImmediate)
  assert.equal(KafkaError.of(outcome[0]).error, 'REQUEST_TIMED_OUT')
})
