// Clean stops, deaths and power cuts, and starts that are broken off in the middle of what they repair.

import type { Stage, Workload } from '../stage.ts'
import { records } from './values.ts'

const TOPIC = 'survives'
const GROUP = 'readers'
const PARTITIONS = 3

export const restarts: Workload = {
  name: 'restarts',
  overrides: { 'replica.high.watermark.checkpoint.interval.ms': '60', 'offsets.topic.num.partitions': '1' },
  async run(stage) {
    await stage.start()
    await stage.play(async (client) => {
      await client.makeTopic(TOPIC, PARTITIONS, { 'internal.segment.bytes': '1500', 'index.interval.bytes': '250' })
    })
    await life(stage, 0)
    await stage.stop()
    await stage.start()
    await life(stage, 1)
    await brokenOff(stage, () => stage.node.kill(), 2)
    await life(stage, 2)
    await brokenOff(stage, () => stage.node.powerCut(), 3)
    await life(stage, 3)
    await stage.stop()
    await brokenOff(stage, () => stage.node.powerCut(), 2)
    await life(stage, 4)
    await stage.stop()
  },
}

async function life(stage: Stage, number: number): Promise<void> {
  await stage.play(async (client) => {
    const nobody = await client.member(GROUP)
    for (let round = 0; round < 4; round++) {
      await Promise.all(
        Array.from({ length: PARTITIONS }, (_, partition) =>
          client.produce(TOPIC, partition, records(`life ${number}.${round}.${partition}`, 2, 60 + ((round * 97) % 300))),
        ),
      )
      await client.commit(nobody, GROUP, TOPIC, round % PARTITIONS, number * 100 + round)
      if (round === 2) await client.sleep(70)
    }
  })
}

/** The end comes while clients are at work; then so many starts that get further each time, and one that comes through. */
async function brokenOff(stage: Stage, end: () => void, times: number): Promise<void> {
  await stage.play(async (client) => {
    stage.world.events.after(1.5, 'the end', end)
    for (let i = 0; i < 20; i++)
      await client.produce(TOPIC, i % PARTITIONS, records(`broken off ${stage.world.events.now.toFixed(3)} ${i}`, 2, 120))
  })
  for (let time = 1; time <= times; time++) {
    stage.node.start()
    await stage.pass(time * 2.5)
    end()
  }
  await stage.start()
}
