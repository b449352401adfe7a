import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readAll, settle, TOPIC_ID } from '../../test/support/log-world.ts'
import { ReplicationWorld, recordsAt, told } from '../../test/support/replication-world.ts'
import { SlowFlushDisk } from '../../test/support/slow-flush-disk.ts'
import { errorCode, KafkaError } from '../protocol/errors.ts'
import type { Partition } from './partition.ts'
import { unlimited } from './replication-quota.ts'

const asked = (world: ReplicationWorld, at = -1) => {
  const { request } = world.fetches.at(at)!
  return {
    session: [request.sessionId, request.sessionEpoch],
    partitions: (request.topics ?? []).flatMap(({ partitions }) => [...(partitions ?? [])]),
    forgotten: (request.forgottenTopicsData ?? []).flatMap(({ partitions }) => [...(partitions ?? [])]),
  }
}

test('a follower asks for what Kafka asks for, field by field', async () => {
  const world = new ReplicationWorld()
  const { replicas, partitions } = await world.following()
  assert.deepEqual(world.connected, [{ leaderId: 2, clientId: 'broker-1-fetcher-0' }])
  assert.deepEqual(world.fetches[0]!.request, {
    maxWaitMs: 500,
    minBytes: 1,
    maxBytes: 10_485_760,
    isolationLevel: 0,
    rackId: '',
    replicaState: { replicaId: 1, replicaEpoch: 10 },
    sessionId: 0,
    sessionEpoch: 0,
    topics: [
      {
        topic: 't',
        topicId: TOPIC_ID,
        partitions: [
          {
            partition: 0,
            currentLeaderEpoch: 5,
            fetchOffset: 0,
            lastFetchedEpoch: -1,
            logStartOffset: 0,
            partitionMaxBytes: 1_048_576,
          },
        ],
      },
    ],
    forgottenTopicsData: [],
  })
  await world.fetches[0]!.answer(told({ records: recordsAt(0, [4, 5]), highWatermark: 1 }))
  assert.equal(partitions[0]!.highWatermark, 1)
  assert.deepEqual(asked(world), {
    session: [7, 1],
    partitions: [
      {
        partition: 0,
        currentLeaderEpoch: 5,
        fetchOffset: 2,
        lastFetchedEpoch: 5,
        logStartOffset: 0,
        partitionMaxBytes: 1_048_576,
      },
    ],
    forgotten: [],
  })
  await world.fetches[1]!.answer({})
  assert.deepEqual(asked(world), { session: [7, 2], partitions: [], forgotten: [] })
  replicas.stop()
})

test('what changes without a word to the fetcher is told with a request half a second later at most', async () => {
  const world = new ReplicationWorld()
  const { replicas, partitions } = await world.following(2)
  await world.fetches[0]!.answer(told({ records: recordsAt(0, [5, 5]), highWatermark: 2 }))
  await world.fetches.at(-1)!.answer({})
  await partitions[0]!.log.deleteBefore(1) // as retention does
  await world.clock.advance(500)
  await world.fetches.at(-1)!.answer({})
  assert.deepEqual(
    asked(world).partitions.map(({ partition, logStartOffset }) => [partition, logStartOffset]),
    [[0, 1]],
  )
  replicas.stop()
})

test('what is on the device alone is told to the leader: a follower does not ask on before that', async () => {
  const world = new ReplicationWorld()
  const disk = new SlowFlushDisk(world.disk)
  world.disk = disk
  const { replicas, partitions } = await world.following()
  disk.hold()
  await world.fetches[0]!.answer(told({ records: recordsAt(0, [5]) }))
  assert.deepEqual([partitions[0]!.endOffset, world.fetches.length], [1, 1])
  disk.letGo()
  await settle(10)
  assert.equal(asked(world).partitions[0]!.fetchOffset, 1)
  replicas.stop()
})

test('a disk that is slow keeps only its own partitions from going on', async () => {
  const world = new ReplicationWorld()
  const disk = new SlowFlushDisk(world.disk)
  world.disk = disk
  const { replicas } = await world.following(2)
  disk.hold()
  await world.fetches[0]!.answer(told({ records: recordsAt(0, [5]) }))
  await world.clock.advance(500)
  assert.deepEqual([asked(world).partitions, asked(world).forgotten], [[], [0]], 'the leader forgets it meanwhile')
  disk.letGo()
  await settle(10)
  await world.clock.advance(5)
  assert.ok(world.fetches.at(-2)!.isGivenUp(), 'the leader held that request')
  const { session, partitions } = asked(world)
  assert.deepEqual([session, partitions.find(({ partition }) => partition === 0)?.fetchOffset], [[7, 0], 1])
  replicas.stop()
})

test('a follower cuts off what its leader does not have, and goes on from there', async () => {
  const world = new ReplicationWorld()
  const { replicas, partitions } = await world.following()
  const [partition] = partitions
  await world.fetches[0]!.answer(told({ records: recordsAt(0, [3, 3, 5, 5]), highWatermark: 2 }))
  replicas.become(partition!, { leaderId: 3, leaderEpoch: 6, partitionEpoch: 1, replicas: [1, 2, 3], isr: [1, 3] })
  await world.clock.advance(5)
  assert.deepEqual(world.connected.at(-1)!.leaderId, 3)
  assert.deepEqual([asked(world).session, asked(world).partitions[0]!.lastFetchedEpoch], [[0, 0], 5])
  await world.fetches.at(-1)!.answer(told({ divergingEpoch: { epoch: 4, endOffset: 3 }, highWatermark: 3 }))
  assert.deepEqual([partition!.endOffset, partition!.highWatermark], [2, 2])
  assert.deepEqual([asked(world).partitions[0]!.fetchOffset, asked(world).partitions[0]!.lastFetchedEpoch], [2, 3])
  await world.fetches.at(-1)!.answer(told({ records: recordsAt(2, [4, 6]), highWatermark: 4 }))
  assert.deepEqual([partition!.endOffset, partition!.highWatermark, partition!.log.lastEpoch], [4, 4, 6])
  replicas.stop()
})

test('what is still being cut for one leader takes nothing from the next one: it asks when that is over', async () => {
  const world = new ReplicationWorld()
  const disk = new SlowFlushDisk(world.disk)
  world.disk = disk
  const { replicas, partitions } = await world.following(2)
  const [partition] = partitions as [Partition, Partition]
  await world.fetches[0]!.answer(told({ records: recordsAt(0, [3, 3, 5, 5]) }))
  const role = { leaderEpoch: 6, partitionEpoch: 1, replicas: [1, 2, 3], isr: [1, 3] }
  replicas.become(partition, { ...role, leaderId: 3 })
  await world.clock.advance(5)
  disk.hold()
  await world.fetches.at(-1)!.answer(told({ divergingEpoch: { epoch: 4, endOffset: 3 } }))
  assert.notEqual(partition.busy, null)
  replicas.become(partition, { ...role, leaderId: 2, leaderEpoch: 7, partitionEpoch: 2 })
  await world.clock.advance(100)
  const [count, last] = [world.fetches.length, world.fetches.at(-1)!]
  assert.deepEqual([asked(world).partitions.some(({ partition: index }) => index === 0), last.isGivenUp()], [false, false])
  disk.letGo()
  await settle(10)
  await world.clock.advance(5)
  assert.ok(world.fetches.length > count)
  const own = asked(world).partitions.find(({ partition: index }) => index === 0)
  assert.deepEqual([own?.fetchOffset, own?.lastFetchedEpoch, own?.currentLeaderEpoch], [2, 3, 7])
  await world.fetches.at(-1)!.answer(told({ records: recordsAt(2, [7, 7]) }))
  assert.equal(partition.endOffset, 4)
  replicas.stop()
})

test('damaged records, and those of an epoch that the leader cannot know, are not taken; the follower rests and asks again', async () => {
  const world = new ReplicationWorld()
  const { replicas, partitions } = await world.following()
  const damaged = Buffer.from(recordsAt(0, [5]))
  damaged[damaged.length - 1]! ^= 1
  for (const records of [damaged, recordsAt(0, [6])]) {
    const before = world.fetches.length
    await world.fetches.at(-1)!.answer(told({ records, highWatermark: 1 }))
    assert.deepEqual([partitions[0]!.endOffset, world.fetches.length], [0, before])
    await world.clock.advance(1010)
    assert.equal(world.fetches.length, before + 1)
  }
  replicas.stop()
})

test('while metadata is behind, a follower asks again soon; after other errors it rests for replica.fetch.backoff.ms', async () => {
  const world = new ReplicationWorld()
  const { replicas } = await world.following()
  await world.fetches.at(-1)!.answer(told({ errorCode: errorCode('UNKNOWN_LEADER_EPOCH') }))
  await world.clock.advance(30)
  assert.equal(world.fetches.length, 2)
  await world.fetches.at(-1)!.answer(told({ errorCode: errorCode('KAFKA_STORAGE_ERROR') }))
  await world.clock.advance(900)
  assert.equal(world.fetches.length, 2)
  await world.clock.advance(110)
  assert.equal(world.fetches.length, 3)
  await world.fetches.at(-1)!.fail(new Error('the leader is gone'))
  await world.clock.advance(1010)
  assert.deepEqual(asked(world).session, [7, 0], 'nobody knows what the leader has of the session')
  replicas.stop()
})

test('a follower whose end lies before the leader begins goes on where the leader begins', async () => {
  const world = new ReplicationWorld()
  const { replicas, partitions } = await world.following()
  await world.fetches[0]!.answer(told({ records: recordsAt(0, [5, 5]) }))
  world.offsets = { startOffset: 10, endOffset: 20 }
  await world.fetches.at(-1)!.answer(told({ errorCode: errorCode('OFFSET_OUT_OF_RANGE') }))
  const { startOffset, endOffset, highWatermark } = partitions[0]!
  assert.deepEqual([startOffset, endOffset, highWatermark, asked(world).partitions[0]!.fetchOffset], [10, 10, 10, 10])
  const straddling = recordsAt(9, [5, 5])
  const { length } = recordsAt(9, [5])
  await world.fetches.at(-1)!.answer(told({ records: straddling.subarray(length), highWatermark: 11, logStartOffset: 10 }))
  assert.deepEqual(
    (await readAll(partitions[0]!.log)).map(({ value }) => value),
    ['record 10'],
  )
  replicas.stop()
})

test('a follower that ends behind its leader, although no epoch says so, is cut to the end of the leader', async () => {
  const world = new ReplicationWorld()
  const { replicas, partitions } = await world.following()
  await world.fetches[0]!.answer(told({ records: recordsAt(0, [5, 5, 5]) }))
  world.offsets = { startOffset: 0, endOffset: 2 }
  await world.fetches.at(-1)!.answer(told({ errorCode: errorCode('OFFSET_OUT_OF_RANGE') }))
  assert.equal(partitions[0]!.endOffset, 2)
  replicas.stop()
})

test('a partition that comes while the leader holds a request does not wait for its answer: a new session takes the place of the old one', async () => {
  const world = new ReplicationWorld()
  const { replicas } = await world.following()
  await world.fetches[0]!.answer({})
  const other = await replicas.open('t', 1, TOPIC_ID, null, world.config)
  replicas.become(other, { leaderId: 2, leaderEpoch: 8, partitionEpoch: 0, replicas: [1, 2], isr: [1, 2] })
  await world.clock.advance(5)
  assert.equal(world.fetches[1]!.isGivenUp(), true)
  const { session, partitions } = asked(world)
  assert.deepEqual(
    [session, partitions.map(({ partition }) => partition)],
    [
      [7, 0],
      [0, 1],
    ],
  )
  replicas.stop()
})

test('an answer that comes after the leader changed concerns nobody', async () => {
  const world = new ReplicationWorld()
  const { replicas, partitions } = await world.following()
  replicas.become(partitions[0]!, { leaderId: 1, leaderEpoch: 6, partitionEpoch: 1, replicas: [1, 2], isr: [1, 2] })
  await world.fetches[0]!.answer(told({ records: recordsAt(0, [5]) }))
  assert.deepEqual([partitions[0]!.isLeader, partitions[0]!.endOffset], [true, 0])
  assert.equal(world.fetches.length, 1)
})

test('the leader moves the log start, and the follower follows as far as records are committed', async () => {
  const world = new ReplicationWorld()
  const { replicas, partitions } = await world.following()
  await world.fetches[0]!.answer(told({ records: recordsAt(0, [5, 5, 5]), highWatermark: 2, logStartOffset: 2 }))
  assert.equal(partitions[0]!.startOffset, 2)
  assert.equal(asked(world).partitions[0]!.logStartOffset, 2)
  replicas.stop()
})

test('an answer to what was asked in an earlier epoch of the same leader does not end what follows in the next one', async () => {
  const world = new ReplicationWorld()
  const { replicas, partitions } = await world.following()
  const late = world.fetches[0]!
  replicas.become(partitions[0]!, { leaderId: 2, leaderEpoch: 6, partitionEpoch: 1, replicas: [1, 2], isr: [1, 2] })
  await late.answer(told({ errorCode: errorCode('FENCED_LEADER_EPOCH') }))
  await world.clock.advance(5)
  const { currentLeaderEpoch } = asked(world).partitions[0]!
  assert.deepEqual([world.fetches.length > 1, currentLeaderEpoch], [true, 6])
  await world.fetches.at(-1)!.answer(told({ records: recordsAt(0, [6]) }))
  assert.equal(partitions[0]!.endOffset, 1)
  replicas.stop()
})

test('who led without writing anything takes older records for what they are', async () => {
  const world = new ReplicationWorld()
  const { replicas, partitions } = await world.following()
  const [partition] = partitions
  const others = { replicas: [1, 2], isr: [1, 2] }
  replicas.become(partition!, { ...others, leaderId: 1, leaderEpoch: 6, partitionEpoch: 1 })
  assert.equal(partition!.log.latestEpoch, 6)
  replicas.become(partition!, { ...others, leaderId: 2, leaderEpoch: 7, partitionEpoch: 2 })
  await world.clock.advance(5)
  await world.fetches.at(-1)!.answer(told({ records: recordsAt(0, [4, 7]) }))
  assert.deepEqual(
    [partition!.log.epochAt(0), partition!.log.epochAt(1), partition!.log.endOffsetForEpoch(4).endOffset],
    [4, 7, 1],
  )
  replicas.stop()
})

test('a partition whose directory failed follows nobody, whatever the metadata says of it afterwards', async () => {
  const world = new ReplicationWorld()
  const { replicas, partitions } = await world.following(2)
  const [failed, sound] = partitions as [Partition, Partition]
  failed.retire(new KafkaError('KAFKA_STORAGE_ERROR'))
  const role = { leaderId: 2, leaderEpoch: 6, partitionEpoch: 1, replicas: [1, 2], isr: [2] }
  replicas.become(failed, role)
  replicas.become(sound, role)
  await world.clock.advance(5)
  assert.deepEqual(
    asked(world).partitions.map(({ partition }) => partition),
    [1],
  )
  replicas.stop()
})

/** Replica 0 is in sync; replica 1 is not, and may have a byte a second. */
async function oneThrottled(throttledReplicas = () => ['1:1']) {
  const world = new ReplicationWorld()
  const follower = { throttledReplicas, bytesPerSecond: () => 1 }
  Object.assign(world.links, { throttles: { leader: unlimited, follower } })
  const { replicas, partitions } = await world.following(2)
  replicas.become(partitions[1]!, { leaderId: 2, leaderEpoch: 5, partitionEpoch: 1, replicas: [1, 2], isr: [2] })
  return { world, replicas }
}

test('a replica that is throttled waits for the next request, and ends none for it', async () => {
  const { world, replicas } = await oneThrottled()
  await world.fetches[0]!.answer(told({ partitionIndex: 1, records: recordsAt(0, [5]) }))
  assert.deepEqual(asked(world).forgotten, [1])
  await world.clock.advance(120_000)
  assert.deepEqual([world.connected.length, world.fetches.length], [1, 2])
  await world.fetches[1]!.answer({})
  assert.deepEqual(
    asked(world).partitions.map(({ partition }) => partition),
    [1],
  )
  replicas.stop()
})

test('a defect in what it asks for does not end a fetcher', async () => {
  let isDefect = false
  const { world, replicas } = await oneThrottled(() => {
    if (isDefect) throw new Error('a defect')
    return []
  })
  isDefect = true
  await world.fetches[0]!.answer(told({ partitionIndex: 1, records: recordsAt(0, [5]) }))
  assert.equal(world.fetches.length, 1)
  isDefect = false
  await world.clock.advance(1000)
  assert.equal(world.fetches.length, 2)
  replicas.stop()
})

test('a partition that is being put into another directory keeps only itself from going on', async () => {
  const world = new ReplicationWorld()
  const { replicas, partitions } = await world.following(2)
  const [partition] = partitions as [Partition, Partition]
  let end = () => {}
  const moved = partition.exchange(
    (log) =>
      new Promise((resolve) => {
        end = () => resolve(log)
      }),
  )
  const count = world.fetches.length
  await world.fetches.at(-1)!.answer(told({ records: recordsAt(0, [5]) }))
  await world.clock.advance(100)
  assert.ok(world.fetches.length > count, 'the other partition asks on')
  end()
  await moved
  replicas.stop()
})
