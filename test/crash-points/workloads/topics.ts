// Topics that are made, changed, grown, deleted and made again; the metadata log has small segments and many snapshots.

import type { RecordedClient, Workload } from '../stage.ts'
import { records } from './values.ts'

export const topics: Workload = {
  name: 'topics',
  overrides: {
    'internal.metadata.log.segment.bytes': '1500',
    'metadata.log.max.record.bytes.between.snapshots': '700',
    'metadata.max.retention.bytes': '2500',
    'internal.metadata.delete.delay.millis': '100',
    'file.delete.delay.ms': '100',
    'log.retention.check.interval.ms': '300',
    'replica.high.watermark.checkpoint.interval.ms': '200',
  },
  async run(stage) {
    await stage.start()
    await stage.play(
      (client) => life(client, 'first'),
      (client) => life(client, 'second'),
      stays,
    )
    await stage.pass(500)
  },
}

/** One name, again and again, each time another topic. */
async function life(client: RecordedClient, topic: string): Promise<void> {
  for (let round = 0; round < 4; round++) {
    await client.makeTopic(topic, 1 + (round % 2), round % 2 === 0 ? { 'retention.ms': '3600000' } : {})
    await Promise.all([0, 1].map((i) => client.produce(topic, 0, records(`${topic} ${round}.${i}`, 2, 80))))
    await client.setConfig(topic, 'max.message.bytes', String(100_000 + round))
    if (round % 2 === 0) await client.addPartitions(topic, 2)
    if (round % 2 === 0) await client.produce(topic, 1, records(`${topic} ${round} added`, 1, 20))
    if (round === 3) return
    await client.deleteTopic(topic)
    await client.sleep(round === 1 ? 150 : 1)
  }
}

/** A topic that nobody deletes, and whose configuration changes often. */
async function stays(client: RecordedClient): Promise<void> {
  await client.makeTopic('stays', 1)
  for (let round = 0; round < 8; round++) {
    await client.setConfig('stays', 'retention.bytes', String(1_000_000 + round))
    await client.produce('stays', 0, records(`stays ${round}`, 1, 200))
    await client.sleep(round % 3 === 0 ? 60 : 1)
  }
}
