import assert from 'node:assert/strict'
import { test } from 'node:test'
import { batchOf, settle } from '../../../test/support/log-world.ts'
import { ReplicationWorld } from '../../../test/support/replication-world.ts'
import { Slices } from '../../platform/slices.ts'
import { errorName, KafkaError } from '../../protocol/errors.ts'
import type { ListOffsetsRequest } from '../../protocol/messages/list-offsets.ts'
import type { RequestContext } from '../handler.ts'
import type { Topics } from '../topics.ts'
import { listOffsets } from './list-offsets.ts'

const LATEST = -1
const MAX_TIMESTAMP = -3
const LEADERLESS = { leaderId: -1, leaderEpoch: 6, partitionEpoch: 1, replicas: [1, 2, 3], isr: [] }

/** A leader that does not know yet what is committed. Where it alone is in sync, who asks waits a moment, and its high watermark moves never. */
async function young(isr: number[]) {
  const world = new ReplicationWorld()
  const partition = await world.led({ isr })
  partition.appendAsLeader(batchOf(['an earlier leader committed it, too']), 'leader')
  await settle()
  partition.become({ ...LEADERLESS, leaderId: 1, isr })
  assert.deepEqual([partition.highWatermark, partition.isHighWatermarkKnown], [0, false])
  const handler = listOffsets({ topics: { partition: () => partition } as unknown as Topics })
  const context = {
    version: 10,
    may: () => true,
    slices: new Slices(world.clock),
    answerFor: (thrown: unknown) => KafkaError.of(thrown),
  } as unknown as RequestContext
  const ask = async (timestamp: number, { currentLeaderEpoch = -1, replicaId = -1 } = {}) => {
    const topics = [{ name: 't', partitions: [{ partitionIndex: 0, currentLeaderEpoch, timestamp }] }]
    const request = { replicaId, isolationLevel: 0, topics, timeoutMs: 1000 } as unknown as ListOffsetsRequest
    const { errorCode, offset } = (await handler.handle(request, context))!.topics![0]!.partitions![0]!
    return [errorName(errorCode!), Number(offset)]
  }
  return { partition, ask }
}

test('who asks for the end while a leader steps down is sent to the next one, and is not told what the last one knew (KIP-207)', async () => {
  const { partition, ask } = await young([1])
  const asked = [ask(LATEST), ask(LATEST, { currentLeaderEpoch: 6 }), ask(LATEST, { replicaId: 2 })]
  await settle()
  partition.become({ ...LEADERLESS, leaderEpoch: 7, partitionEpoch: 2 })
  assert.deepEqual(await Promise.all(asked), [
    ['NOT_LEADER_OR_FOLLOWER', -1],
    ['FENCED_LEADER_EPOCH', -1],
    ['NOT_LEADER_OR_FOLLOWER', -1],
  ])
})

test('what was looked up under one leader is no answer under the next one', async () => {
  const { partition, ask } = await young([1, 2])
  const find = partition.log.maxTimestampOffset.bind(partition.log)
  partition.log.maxTimestampOffset = () => {
    partition.become({ ...LEADERLESS, leaderEpoch: 7, partitionEpoch: 2 })
    return find()
  }
  assert.deepEqual(await ask(MAX_TIMESTAMP), ['NOT_LEADER_OR_FOLLOWER', -1])
})
