import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLogger } from '../platform/logger.ts'
import type { AlterPartitionRequest } from '../protocol/messages/alter-partition.ts'
import type { ControllerClient } from './controller-client.ts'
import { AlterPartitionKeeper } from './isr-keeper.ts'

test('what comes while a request is under way goes together with the next, some hundreds of partitions at a time and each of them once', async () => {
  const asked: number[][] = []
  const controller: ControllerClient = {
    async send(_, body) {
      await new Promise(setImmediate)
      const { topics } = body as unknown as AlterPartitionRequest
      asked.push(topics.flatMap(({ partitions }) => partitions.map(({ partitionIndex }) => partitionIndex)))
      const answers = topics.map(({ topicId, partitions }) => ({
        topicId,
        partitions: partitions.map(({ partitionIndex, leaderEpoch, partitionEpoch, newIsrWithEpochs }) => ({
          ...{ partitionIndex, errorCode: 0, leaderId: 1, leaderEpoch, leaderRecoveryState: 0 },
          isr: newIsrWithEpochs.map(({ brokerId }) => brokerId),
          partitionEpoch: partitionEpoch + 1,
        })),
      }))
      return { throttleTimeMs: 0, errorCode: 0, topics: answers } as never
    },
  }
  const keeper = new AlterPartitionKeeper({ controller, brokerId: 1, brokerEpoch: () => 7, logger: silentLogger })
  const alter = (partition: number, partitionEpoch = 0) =>
    keeper.alter({
      ...{ topic: 't', topicId: 't', partition, leaderEpoch: 3, partitionEpoch },
      newIsr: [{ brokerId: 1, brokerEpoch: 7 }],
      leaderRecoveryState: 0,
    })
  const numbers = Array.from({ length: 600 }, (_, i) => i)
  const changed = await Promise.all([...numbers.map((i) => alter(i)), alter(0, 1)])
  assert.deepEqual(
    asked.map(({ length }) => length),
    [1, 250, 250, 100],
  )
  assert.deepEqual(asked[1]!.slice(0, 2), [1, 2])
  assert.deepEqual(asked.flat().filter((i) => i === 0).length, 2, 'the second change of a partition follows the first')
  assert.deepEqual([changed[599]!.isr, changed[600]!.partitionEpoch], [[1], 2])
})
