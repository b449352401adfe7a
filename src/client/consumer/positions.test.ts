// What happens when a partition gets another leader (KIP-320), with a pretended one that says where the epochs ended.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { consumerScene } from '../../../test/support/consumer-scene.ts'
import { eventually } from '../../../test/support/running-broker.ts'
import { consumerOptions } from '../../config/client/consumer.ts'
import { silentLogger } from '../../platform/logger.ts'
import { nodeClock } from '../../platform/node/clock.ts'
import { nodeNetwork } from '../../platform/node/network.ts'
import { nodeRandom } from '../../platform/node/random.ts'
import { inlineOffload } from '../../platform/offload.ts'
import { errorCode } from '../../protocol/errors.ts'
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
  const { turn } = partition!
  positions.checkLeader(partition!, 5)
  assert.ok(partition!.turn > turn, 'what the former leader answers is not taken')
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

/** What the program meets, each kind once, until it has a record. */
async function outcomesOf({ consumer, during }: Awaited<ReturnType<typeof consumerScene>>) {
  const outcomes: string[] = []
  for (let i = 0; i < 10 && !outcomes.includes('u'); i++) {
    await during(consumer.poll()).then(
      (records) => void outcomes.push(...records.map(({ topic }) => topic)),
      (thrown: ClientError) => void outcomes.push(thrown.code),
    )
  }
  await during(consumer.close())
  return [...new Set(outcomes)]
}

async function twoTopics(config: object) {
  const scene = await consumerScene({ fetchMaxWaitMs: 20, ...config })
  for (const topic of ['t', 'u']) {
    scene.broker.make(topic)
    scene.broker.append(topic, 0, ['a'])
  }
  scene.consumer.assign(['t', 'u'].map((topic) => ({ topic, partition: 0 })))
  return scene
}

test('a partition without a committed offset does not keep the others, where nobody may choose', async () => {
  const place = { topic: 'u', partition: 0 }
  for (const isCommitted of [true, false]) {
    const scene = await twoTopics({ groupId: 'g', autoOffsetReset: 'none' })
    if (isCommitted) scene.broker.committed.set('u-0', 0)
    else scene.consumer.seekToBeginning([place])
    assert.deepEqual(await outcomesOf(scene), ['OFFSET_OUT_OF_RANGE', 'u'])
  }
})

test('a topic that may not be read does not keep the others', async () => {
  const scene = await twoTopics({})
  scene.broker.on.listOffsets = async (_, asUsual) => {
    const { topics } = await asUsual()
    const partitions = [{ partitionIndex: 0, errorCode: errorCode('TOPIC_AUTHORIZATION_FAILED') }]
    return { topics: topics!.map((each) => (each.name === 't' ? { name: 't', partitions } : each)) }
  }
  assert.deepEqual(await outcomesOf(scene), ['TOPIC_AUTHORIZATION_FAILED', 'u'])
})

test('what an answer leaves out is asked for again, after a pause', async () => {
  const { broker, consumer, during, now } = await twoTopics({})
  let answers = 0
  broker.on.listOffsets = async (_, asUsual) => {
    const { topics } = await asUsual()
    return { topics: topics!.slice(answers++ < 5 ? 1 : 0) }
  }
  const before = now()
  const places = ['t', 'u'].map((topic) => ({ topic, partition: 0 }))
  assert.deepEqual(await during(consumer.endOffsets(places)), [1, 1])
  assert.deepEqual(await during(consumer.position(places[0]!)), 0)
  assert.ok(now() - before > 100)
  await during(consumer.close())
})
