// A member of a classic group, with a coordinator that a test speaks for.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { consumerScene } from '../../../../test/support/consumer-scene.ts'
import { MEMBER } from '../../../../test/support/pretend-broker.ts'
import { writeAssignment } from '../../../assignors/consumer-protocol.ts'

test('a member that leaves goes on with its heartbeats until its handlers have ended, so that the last commit is taken', async () => {
  const { broker, consumer, during, until, work } = await consumerScene({ groupId: 'g', sessionTimeoutMs: 10_000 })
  broker.make('t')
  broker.append('t', 0, ['a'])
  consumer.subscribe('t')
  let isAtWork = false
  const running = consumer.run({
    eachRecord: () => {
      isAtWork = true
      return work(20_000)
    },
  })
  await until('a handler at work', () => isAtWork)
  const from = broker.asked.length
  await during(consumer.close())
  await during(running)
  const asked = broker.asked.slice(from).map(({ api }) => api)
  const beats = asked.filter((api) => api === 'heartbeat').length
  assert.ok(beats >= 5, `${beats} heartbeats in 20 seconds`)
  assert.deepEqual(
    asked.filter((api) => api === 'commit' || api === 'leave'),
    ['commit', 'leave'],
  )
  assert.equal(broker.committed.get('t-0'), 1)
})

test('a static leader that comes back joins again when partitions are added', async () => {
  const config = { groupId: 'g', groupInstanceId: 'one', metadataMaxAgeMs: 1000 }
  const { broker, consumer, during, until } = await consumerScene(config)
  broker.make('t')
  const shared = writeAssignment({ partitions: [{ topic: 't', partition: 0 }], userData: null })
  broker.on.join = async (_, asUsual) => ({ ...(await asUsual()), skipAssignment: broker.of('join').length === 1 })
  broker.on.sync = ({ assignments }) => ({ assignment: assignments[0]?.assignment ?? shared })
  consumer.subscribe('t')
  const polled = consumer.poll({ timeoutMs: 60_000 })
  await until('what it had before', () => consumer.assignment().length === 1)
  broker.topics.get('t')!.partitions.push({ batches: [], leaderEpoch: 0 })
  await until('both', () => consumer.assignment().length === 2)
  await during(Promise.all([polled, consumer.close()]))
})

test('what a program that does not come back had is given up before the coordinator hears of it', async () => {
  const { broker, consumer, during, until, take } = await consumerScene({ groupId: 'g', maxPollIntervalMs: 10_000 })
  broker.make('t')
  broker.append('t', 0, ['a'])
  let owned = -1
  broker.on.leave = (_, asUsual) => {
    owned = consumer.assignment().length
    return asUsual()
  }
  consumer.subscribe('t')
  await take(1)
  await until('it leaves', () => owned >= 0)
  assert.equal(owned, 0)
  assert.equal(broker.of('leave')[0]!.members[0]!.memberId, MEMBER)
  await during(consumer.close())
})
