// A member of a group of KIP-848, with a coordinator that a test speaks for.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { consumerScene } from '../../../../test/support/consumer-scene.ts'
import type { Body, PretendBroker } from '../../../../test/support/pretend-broker.ts'
import { errorCode } from '../../../protocol/errors.ts'

const CONFIG = { groupId: 'g', groupProtocol: 'consumer' } as const

/** What the coordinator answers: these partitions. */
function giving(broker: PretendBroker, memberEpoch: number, partitions: readonly number[]) {
  const topicPartitions = [{ topicId: broker.topics.get('t')!.id, partitions: [...partitions] }]
  return { memberEpoch, heartbeatIntervalMs: 100, assignment: { topicPartitions } }
}

test('a member that is fenced joins again at once, and after growing pauses where it is fenced again and again', async () => {
  const { broker, consumer, during, pass } = await consumerScene(CONFIG)
  broker.make('t')
  broker.on.beat = () => ({ errorCode: errorCode('FENCED_MEMBER_EPOCH') })
  consumer.subscribe('t')
  const polled = consumer.poll({ timeoutMs: 20_000 })
  await pass(10_000)
  const beats = broker.of('beat').length
  assert.ok(beats >= 5 && beats <= 30, `${beats} heartbeats in 10 seconds`)
  await during(Promise.all([polled, consumer.close()]))
})

test('what is given to a member that leaves already is not taken', async () => {
  const { broker, consumer, during, until, work } = await consumerScene(CONFIG)
  broker.make('t', 2)
  broker.append('t', 0, ['a'])
  let given = [0]
  broker.on.beat = ({ memberEpoch }: Body<'beat'>) => (memberEpoch < 0 ? {} : giving(broker, given.length, given))
  const told: string[] = []
  const note = (what: string) => (partitions: readonly { partition: number }[]) =>
    void told.push(`${what}${partitions.map(({ partition }) => partition).join()}`)
  consumer.subscribe('t', { onAssigned: note('+'), onRevoked: note('-'), onLost: note('!') })
  let isAtWork = false
  const running = consumer.run({
    eachRecord: () => {
      isAtWork = true
      return work(2000)
    },
  })
  await until('a handler at work', () => isAtWork)
  const closing = consumer.close()
  given = [0, 1]
  await during(Promise.all([running, closing]))
  assert.deepEqual(told, ['+0', '-0'])
})
