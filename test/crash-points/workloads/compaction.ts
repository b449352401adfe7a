// Keys that are set again and again, and deleted, while the cleaner works.

import type { Sent } from '../ledger.ts'
import type { RecordedClient, Workload } from '../stage.ts'
import { textOf } from './values.ts'

const TOPIC = 'compacted'
const KEYS = 6

export const compaction: Workload = {
  name: 'compaction',
  overrides: {
    'log.cleaner.backoff.ms': '50',
    'file.delete.delay.ms': '60',
    'replica.high.watermark.checkpoint.interval.ms': '100',
  },
  async run(stage) {
    await stage.start()
    await stage.play(async (client) => {
      await client.makeTopic(TOPIC, 2, {
        'cleanup.policy': 'compact',
        'min.cleanable.dirty.ratio': '0.0',
        'internal.segment.bytes': '900',
        'index.interval.bytes': '200',
        'delete.retention.ms': '150',
      })
    })
    await stage.play(
      (client) => set(client, 0),
      (client) => set(client, 1),
    )
    await stage.pass(300)
  },
}

async function set(client: RecordedClient, partition: number): Promise<void> {
  for (let round = 0; round < 22; round++) {
    const batch: Sent[] = []
    for (let i = 0; i < 1 + (round % 3); i++) {
      const key = `key ${(round * 5 + i * 2 + partition) % KEYS}`
      const isDeleted = (round + i) % 7 === 6
      batch.push({ key, value: isDeleted ? null : textOf(`${key} of ${partition} in ${round}.${i}`, 90 + ((round * 17) % 120)) })
    }
    await client.produce(TOPIC, partition, batch)
    if (round % 5 === 4) await client.sleep(80)
  }
}
