// Nobody misses what comes right behind a look.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../../test/support/manual-clock.ts'
import { silentLogger } from '../../platform/logger.ts'
import { buildBatch } from '../../protocol/records/builder.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { Deliveries } from '../consumer/deliveries.ts'
import { FetchedRecords } from '../consumer/fetched-records.ts'
import { RecordMaker } from '../consumer/record.ts'
import { AcquiredRecords } from './acquired-records.ts'
import { Hands } from './hands.ts'
import { SharePoller, shareBatchesOf } from './share-batches.ts'
import { ShareFeed } from './share-feed.ts'
import { SharePartitions } from './share-partition.ts'
import { ShareReading } from './share-reading.ts'
import { ShareRunner } from './share-runner.ts'

/** Whoever looks finds nothing at first; what comes then is there before the one who has looked is back. */
function scene() {
  const clock = new ManualClock()
  const hands = new Hands()
  const feed = new ShareFeed<unknown, unknown>({
    clock,
    logger: silentLogger,
    hands,
    maker: new RecordMaker<unknown, unknown>(null, null),
    isExplicit: false,
  })
  const reading = new ShareReading({
    cluster: { platform: { clock } } as unknown as Cluster,
    hands,
    feed,
    deliveries: new Deliveries<typeof feed>(clock),
    isExplicit: false,
    maxRecords: 10,
    onRead() {},
    onHungry() {},
  })
  let hasCome = false
  const come = () => {
    if (hasCome) return
    hasCome = true
    queueMicrotask(() => {
      feed.add(acquired())
      reading.bell.ring()
    })
  }
  const { next, takeMany } = { next: feed.next.bind(feed), takeMany: feed.takeMany.bind(feed) }
  feed.next = () => {
    const made = next()
    come()
    return made
  }
  feed.takeMany = (most) => {
    const taken = takeMany(most)
    come()
    return taken
  }
  return { reading, feed }
}

function acquired(): AcquiredRecords {
  const fetched = new FetchedRecords({
    name: 't-0',
    bytes: buildBatch({ baseOffset: 0, records: [{ key: null, value: Buffer.from('a'), timestamp: 1 }] }),
    from: 0,
    aborted: null,
    checksCrcs: true,
    release: () => {},
    charge: () => {},
  })
  const giver = { turn: 0, lockTimeoutMs: null, acknowledge: () => {} }
  const ranges = [{ firstOffset: 0, lastOffset: 0, deliveryCount: 1 }]
  const partition = new SharePartitions().get('id', 't', 0)
  return new AcquiredRecords({ partition, giver, turn: 0, lockedUntil: Number.POSITIVE_INFINITY, fetched, ranges })
}

/** Within some turns of the event loop. */
async function soon<T>(promise: Promise<T>): Promise<T | 'it hangs'> {
  const turns = async () => {
    for (let i = 0; i < 5; i++) await new Promise(setImmediate)
    return 'it hangs' as const
  }
  return Promise.race([promise, turns()])
}

test('poll', async () => {
  const records = await soon(new SharePoller(scene().reading).poll({}))
  assert.equal(records.length, 1)
})

test('batches', async () => {
  const first = await soon(shareBatchesOf(scene().reading, {}).next())
  assert.notEqual(first, 'it hangs')
})

for (const way of ['eachRecord', 'eachBatch'] as const) {
  test(`run with ${way}`, async () => {
    const stop = new AbortController()
    const runner = new ShareRunner(scene().reading, { [way]: () => stop.abort(), signal: stop.signal })
    assert.notEqual(await soon(runner.run()), 'it hangs')
  })
}
