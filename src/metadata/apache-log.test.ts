// The metadata log of a node of Apache Kafka 4.2: first start, a topic, a clean stop, a start, kill -9, a start, a clean stop.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { TestController } from '../../test/support/test-controller.ts'
import { batches } from '../protocol/records/batch.ts'
import { brokerReturns } from './controller/membership.ts'
import { MetadataImage } from './image.ts'
import { metadataCodec } from './records.ts'

const bytes = gunzipSync(readFileSync(new URL('../../../test/data/apache-metadata-log.gz', import.meta.url)))

function* values(): Generator<Uint8Array> {
  for (const batch of batches(bytes)) {
    if (batch.isControl) continue
    for (const { value } of batch.records()) yield value!
  }
}

test('every record is read, and written again to the same bytes', () => {
  let count = 0
  for (const value of values()) {
    const record = metadataCodec.decode(null, value)
    assert.ok(record, `a record of kind ${value[1]}`)
    assert.equal(Buffer.from(metadataCodec.encode(record).value!).toString('hex'), Buffer.from(value).toString('hex'))
    count++
  }
  assert.equal(count, 190)
})

test('its image is that of a node that was stopped cleanly after a kill, and the next start takes its partitions back', () => {
  const image = new MetadataImage()
  const house = new TestController()
  for (const value of values()) {
    image.apply(metadataCodec.decode(null, value)!)
    house.controller.image.apply(metadataCodec.decode(null, value)!)
  }
  assert.deepEqual([...image.features].map(([name, level]) => `${name} ${level}`).sort(), [
    'eligible.leader.replicas.version 1',
    'group.version 1',
    'metadata.version 29',
    'share.version 1',
    'streams.version 1',
    'transaction.version 2',
  ])
  const { epoch, fenced, inControlledShutdown } = image.brokers.get(1)!
  assert.deepEqual([epoch, fenced, inControlledShutdown], [157, true, true])
  assert.equal(image.configsOf({ type: 'topic', name: 't' }).get('retention.ms'), '5000')
  const { leader, isr, elr, lastKnownElr, leaderEpoch, leaderRecoveryState } = image.partition('t', 1)!
  assert.deepEqual([leader, isr, elr, lastKnownElr, leaderEpoch, leaderRecoveryState], [-1, [], [1], [1], 5, 1])
  for (const record of brokerReturns(house.controller, 1)) house.controller.image.apply(record)
  assert.deepEqual(
    house.controller.image.topic('t')!.partitions.map((partition) => partition.leader),
    [1, 1],
  )
})
