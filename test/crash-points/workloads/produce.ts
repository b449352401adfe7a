// Plain and idempotent producers over several partitions with small segments, one who does not wait for the device, and a reader.

import type { Sequence } from '../ledger.ts'
import type { RecordedClient, Workload } from '../stage.ts'
import { records } from './values.ts'

const PLAIN = 'plain'
const ORDERED = 'ordered'
const ROUNDS = 10
const IN_FLIGHT = 4

export const produce: Workload = {
  name: 'produce',
  overrides: { 'replica.high.watermark.checkpoint.interval.ms': '6' },
  async run(stage) {
    await stage.start()
    await stage.play(async (client) => {
      const configs = { 'internal.segment.bytes': '1700', 'index.interval.bytes': '300' }
      await client.makeTopic(PLAIN, 3, configs)
      await client.makeTopic(ORDERED, 2, configs)
    })
    await stage.play(
      plainProducer,
      (client) => idempotentProducer(client, 0),
      (client) => idempotentProducer(client, 1),
      reader,
    )
  },
}

async function plainProducer(client: RecordedClient): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const sends = [0, 1, 2, round % 3].map((partition, i) =>
      client.produce(PLAIN, partition, records(`plain ${round}.${i}`, 1 + ((round + i) % 3), ((round * 7 + i * 5) % 11) * 50)),
    )
    await Promise.all(sends)
    if (round % 4 === 3) await client.sleep(50)
  }
}

async function reader(client: RecordedClient): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    await client.sleep(13)
    for (const partition of [0, 1, 2]) await client.read(PLAIN, partition)
  }
}

async function idempotentProducer(client: RecordedClient, partition: number): Promise<void> {
  const identity = await client.producerId()
  let next = 0
  for (let round = 0; round < ROUNDS; round++) {
    const sends: Promise<unknown>[] = []
    for (let i = 0; i <= round % IN_FLIGHT; i++) {
      const count = 1 + ((round + i) % 2)
      const sequence: Sequence = { ...identity, baseSequence: next }
      sends.push(
        client.produce(
          ORDERED,
          partition,
          records(`ordered ${partition}.${round}.${i}`, count, ((round * 3 + i) % 7) * 100),
          sequence,
        ),
      )
      next += count
    }
    await Promise.all(sends)
    if (round % 3 === 2) await client.sleep(20)
  }
}
