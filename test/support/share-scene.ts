// A share consumer of a simulated machine, and the scripted broker that it talks to.

import assert from 'node:assert/strict'
import { type AcknowledgedOffsets, ShareConsumer, type ShareConsumerConfig, serdes } from '../../src/client/index.ts'
import { World } from '../../src/platform/sim/world.ts'
import { PretendShareBroker } from './pretend-share-broker.ts'

export type Config = Partial<ShareConsumerConfig<Uint8Array | null, string | null>>

/** `during` lets time pass until a promise is settled, `pass` for so many milliseconds; `outcomes` is what the callback of acknowledgements heard. */
export async function shareScene(config: Config = {}, { values = ['a', 'b', 'c'], partitions = 1 } = {}) {
  const world = new World({ seed: 1, turn: () => new Promise(setImmediate) })
  const broker = new PretendShareBroker(world.machine('broker'), { partitions })
  broker.produce(values)
  const outcomes: string[] = []
  const make = (name: string, more: Config = {}) => {
    const { platform } = world.machine(name).start()
    const consumer = new ShareConsumer<Uint8Array | null, string | null>({
      bootstrapServers: 'broker:9092',
      groupId: 'g',
      valueDeserializer: serdes.string,
      platform,
      ...config,
      ...more,
    })
    consumer.subscribe('t')
    consumer.setAcknowledgementCommitCallback((outcome) => void outcomes.push(shown(outcome)))
    return consumer
  }
  async function during<T>(promise: Promise<T>): Promise<T> {
    let isOver = false
    const settle = () => void (isOver = true)
    promise.then(settle, settle)
    await world.events.run(world.events.now + 600_000, () => isOver)
    assert.ok(isOver, 'it hangs')
    return promise
  }
  const pass = (ms: number) => world.events.run(world.events.now + ms)
  await during(broker.open())
  return { world, broker, consumer: make('client'), make, during, pass, outcomes }
}

/** `0:1,2 ok`: of partition 0. */
export const shown = ({ partition, offsets, error }: AcknowledgedOffsets) =>
  `${partition}:${offsets.join()} ${error?.code ?? 'ok'}`
export const explicit: Config = { shareAcknowledgementMode: 'explicit' }

/** The next so many records of a loop, which is left then. */
export async function take(consumer: ShareConsumer<Uint8Array | null, string | null>, count: number) {
  const records = []
  for await (const record of consumer) {
    records.push(record)
    if (records.length === count) break
  }
  return records
}
