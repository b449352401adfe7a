import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../test/support/manual-clock.ts'
import { ZERO_UUID } from '../base/uuid.ts'
import { Slices } from '../platform/slices.ts'
import type { ProduceRequest } from '../protocol/messages/produce.ts'
import { askedInSlices, distinct, type Topic } from './produce-items.ts'

const partition = (index: number, size: number) => ({ index, records: Buffer.alloc(size) })
const topic = (name: string, ...partitionData: Topic['partitionData']): Topic => ({ name, topicId: ZERO_UUID, partitionData })

test('what comes twice counts once, the last time, and a topic without partitions not at all; in slices as at once', async () => {
  const topicData = [
    topic('a', partition(0, 1), partition(1, 2)),
    topic('none'),
    topic('b', partition(0, 3)),
    topic('a', partition(1, 4), partition(2, 5)),
  ]
  const expected = [topic('a', partition(0, 1), partition(1, 4), partition(2, 5)), topic('b', partition(0, 3))]
  assert.deepEqual(distinct(topicData), expected)
  const asked = await askedInSlices({ topicData } as unknown as ProduceRequest, new Slices(new ManualClock()))
  assert.deepEqual(asked.topics, expected)
  assert.deepEqual(
    asked.items.map(({ topic: { name }, data }) => [name, data.index, data.records!.length]),
    [
      ['a', 0, 1],
      ['a', 1, 4],
      ['a', 2, 5],
      ['b', 0, 3],
    ],
  )
  assert.deepEqual([asked.sizeInBytes, asked.producers], [13, []])
})
