// What happens when a partition gets another leader (KIP-320), with a pretended one that says where the epochs ended.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../../../test/support/running-broker.ts'
import { consumerOptions } from '../../config/client/consumer.ts'
import { silentLogger } from '../../platform/logger.ts'
import { nodeClock } from '../../platform/node/clock.ts'
import { nodeNetwork } from '../../platform/node/network.ts'
import { nodeRandom } from '../../platform/node/random.ts'
import { inlineOffload } from '../../platform/offload.ts'
import { Cluster } from '../cluster/cluster.ts'
import { BrokerError, type ClientError, UnsupportedError } from '../errors/index.ts'
import { resolveOptions } from '../options/resolve.ts'
import { Assignment } from './assignment.ts'
import type { EpochEnd, EpochQuery, OffsetLookup } from './offset-lookup.ts'
import { Positions } from './positions.ts'

type Answer = (query: EpochQuery) => Pick<EpochEnd, 'leaderEpoch' | 'endOffset'>

/** A partition that was read up to offset 100 under epoch 3, and now has a leader of epoch 5. */
async function withNewLeader(autoOffsetReset: string, answer: Answer) {
  const config = resolveOptions(consumerOptions, { bootstrapServers: 'localhost:1', autoOffsetReset })
  const platform = {
    clock: nodeClock(),
    random: nodeRandom(),
    network: nodeNetwork(),
    logger: silentLogger,
    offload: inlineOffload,
  }
  const cluster = new Cluster({ platform, options: config, createsTopics: false })
  const assignment = new Assignment()
  const [partition] = assignment.add([{ topic: 't', partition: 0 }])
  partition!.moveTo(100, 3)
  const queries: EpochQuery[] = []
  const errors: ClientError[] = []
  const lookup = {
    epochEnd: async (query: EpochQuery) => {
      queries.push(query)
      return { topic: 't', partition: 0, ...answer(query) }
    },
  } as unknown as OffsetLookup
  let found = 0
  const positions = new Positions({
    cluster,
    config,
    assignment,
    lookup,
    offsets: null,
    onFound: () => void found++,
    onError: (error) => void errors.push(error),
  })
  positions.checkLeader(partition!, 5)
  await eventually('the check', () => found > 0)
  cluster.close()
  return { partition: partition!, queries, errors }
}

test('a leader that has everything is read on from the same place', async () => {
  const { partition, queries, errors } = await withNewLeader('none', () => ({ leaderEpoch: 3, endOffset: 120 }))
  assert.deepEqual(queries, [{ topic: 't', partition: 0, currentLeaderEpoch: 5, leaderEpoch: 3 }])
  assert.deepEqual([partition.offset, partition.checkedEpoch, errors.length], [100, 5, 0])
})

test('a leader that has less is read on from where the histories part', async () => {
  const { partition, errors } = await withNewLeader('latest', () => ({ leaderEpoch: 2, endOffset: 80 }))
  assert.deepEqual([partition.offset, partition.epoch, errors.length], [80, 2, 0])
})

test('where nobody may choose, the program is told what was lost', async () => {
  const { partition, errors } = await withNewLeader('none', () => ({ leaderEpoch: 2, endOffset: 80 }))
  assert.equal(partition.offset, 100)
  assert.deepEqual(
    errors.map(({ code, retriable }) => [code, retriable]),
    [['LOG_TRUNCATED', false]],
  )
  assert.match(errors[0]!.message, /^t-0: records before offset 100 were lost with a former leader, from offset 80 on$/)
})

test('a leader that knows no such epoch: on by the policy', async () => {
  const { partition } = await withNewLeader('earliest', () => ({ leaderEpoch: -1, endOffset: -1 }))
  assert.deepEqual(partition.search, { kind: 'timestamp', timestamp: -2 })
})

test('a leader that is too old to say is believed; one that fails is asked again', async () => {
  const old = await withNewLeader('none', () => {
    throw new UnsupportedError('UNSUPPORTED_VERSION')
  })
  assert.deepEqual([old.partition.offset, old.partition.checkedEpoch], [100, 5])
  const failing = await withNewLeader('none', () => {
    throw new BrokerError('FENCED_LEADER_EPOCH')
  })
  assert.deepEqual([failing.partition.checkedEpoch, failing.partition.isChecking, failing.errors.length], [-1, false, 0])
  assert.ok(failing.partition.notBefore > 0)
})
