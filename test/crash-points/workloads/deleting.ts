// DeleteRecords, and retention by size and by age, with checkpoints all the time.

import type { RecordedClient, Workload } from '../stage.ts'
import { records } from './values.ts'

const BY_CLIENT = 'by-client'
const BY_SIZE = 'by-size'
const BY_AGE = 'by-age'
/** Retention by size leaves at least so many of the newest records: they are smaller than 250 bytes each. */
const KEPT = 10
const retained = { 'internal.segment.bytes': '1000', 'index.interval.bytes': '200' }

export const deleting: Workload = {
  name: 'deleting',
  overrides: {
    'log.retention.check.interval.ms': '60',
    'file.delete.delay.ms': '100',
    'replica.high.watermark.checkpoint.interval.ms': '80',
  },
  async run(stage) {
    await stage.start()
    await stage.play(async (client) => {
      await client.makeTopic(BY_CLIENT, 2, retained)
      await client.makeTopic(BY_SIZE, 1, { ...retained, 'retention.bytes': String(KEPT * 250) })
      await client.makeTopic(BY_AGE, 1, { ...retained, 'retention.ms': '200' })
    })
    await stage.play(
      (client) => byClient(client, 0),
      (client) => byClient(client, 1),
      bySize,
      byAge,
    )
  },
}

async function byClient(client: RecordedClient, partition: number): Promise<void> {
  for (let round = 0; round < 7; round++) {
    let end = 0
    for (let i = 0; i < 4; i++)
      end = 1 + (await client.produce(BY_CLIENT, partition, records(`by client ${partition}.${round}.${i}`, 1, 150)))
    await client.deleteBefore(BY_CLIENT, partition, round === 3 ? end : end - 1 - (round % 3))
    if (round % 2 === 1) await client.sleep(90)
  }
}

async function bySize(client: RecordedClient): Promise<void> {
  for (let offset = 0; offset < 30; offset++) {
    await client.retentionMayDelete(BY_SIZE, 0, Math.max(0, offset - KEPT))
    await client.produce(BY_SIZE, 0, records(`by size ${offset}`, 1, 150))
    if (offset % 6 === 5) await client.sleep(70)
  }
}

async function byAge(client: RecordedClient): Promise<void> {
  let offset = 0
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 5; i++) {
      // What was sent just now can be gone before the next is: everything may age while a disk is slow.
      await client.retentionMayDelete(BY_AGE, 0, offset + 1)
      await client.produce(BY_AGE, 0, records(`by age ${offset++}`, 1, 180))
    }
    await client.sleep(300)
  }
}
