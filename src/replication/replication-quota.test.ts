import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../test/support/manual-clock.ts'
import { ReplicationQuota, unlimited } from './replication-quota.ts'

const REPLICA = { topic: 't', index: 3 }

function quotaOf(throttled: readonly string[], bytesPerSecond = 1000) {
  const clock = new ManualClock()
  const rules = { throttledReplicas: () => throttled, bytesPerSecond: () => bytesPerSecond }
  return { clock, quota: new ReplicationQuota(rules, 1, clock) }
}

test('a throttled replica waits while the rate is used up, and goes on when time has passed', async () => {
  const { clock, quota } = quotaOf(['3:1'])
  assert.equal(quota.mustWait(REPLICA, false), false)
  quota.count(REPLICA, 5000, false)
  assert.equal(quota.mustWait(REPLICA, false), true)
  await clock.advance(5000)
  assert.equal(quota.mustWait(REPLICA, false), false)
})

test('what is in sync, or of another partition or broker, is never held back', () => {
  for (const [throttled, isInSync] of [
    [['*'], true],
    [['2:1'], false],
    [['3:2'], false],
  ] as const) {
    const { quota } = quotaOf(throttled)
    quota.count(REPLICA, 5000, isInSync)
    assert.equal(quota.mustWait(REPLICA, isInSync), false)
  }
  const { quota } = quotaOf(['*'])
  quota.count({ topic: 'other', index: 0 }, 5000, false)
  assert.equal(quota.mustWait(REPLICA, false), true, 'all throttled replicas share the rate')
})

test('without rules nothing waits', () => {
  const quota = new ReplicationQuota(unlimited, 1, new ManualClock())
  quota.count(REPLICA, 1e12, false)
  assert.equal(quota.mustWait(REPLICA, false), false)
})
