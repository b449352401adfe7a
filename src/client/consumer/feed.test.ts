// What is handed out when deserializers take their time.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deferred } from '../../base/deferred.ts'
import { buildBatch } from '../../protocol/records/builder.ts'
import { Assignment } from './assignment.ts'
import { Feed } from './feed.ts'
import { FetchedRecords } from './fetched-records.ts'
import { RecordDeserializationError, RecordMaker } from './record.ts'

function feedOf(deserialize: () => Promise<string>) {
  const assignment = new Assignment()
  const [partition] = assignment.add([{ topic: 't', partition: 0 }])
  partition!.moveTo(0)
  const records = ['a', 'b'].map((value) => ({ key: null, value: Buffer.from(value), timestamp: 1 }))
  const bytes = buildBatch({ records })
  partition!.add(new FetchedRecords({ name: 't-0', bytes, from: 0, aborted: null, checksCrcs: true, release() {}, charge() {} }))
  const maker = new RecordMaker<Uint8Array | null, string>(null, { deserialize })
  return { partition: partition!, feed: new Feed({ assignment, maker, share: 500, isCommitted: false }) }
}

test('a record that its deserializer does not take is met again, also when what waited was dropped meanwhile', async () => {
  const making = deferred<string>()
  const { partition, feed } = feedOf(() => making.promise)
  const taken = feed.take(partition)
  partition.clear()
  making.reject(new Error('no'))
  await assert.rejects(async () => taken, RecordDeserializationError)
  assert.deepEqual([partition.offset, partition.fetchOffset], [0, 0])
})

test('where the program went elsewhere meanwhile, it stays there', async () => {
  const making = deferred<string>()
  const { partition, feed } = feedOf(() => making.promise)
  const taken = feed.take(partition)
  partition.moveTo(7)
  making.reject(new Error('no'))
  await assert.rejects(async () => taken, RecordDeserializationError)
  assert.equal(partition.offset, 7)
})
