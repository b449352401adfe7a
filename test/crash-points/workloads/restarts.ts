// Clean stops, deaths and power cuts, and starts that are broken off in the middle of what they repair.

import type { RecordedClient, Stage, Workload } from '../stage.ts'
import { records } from './values.ts'

const TOPIC = 'survives'
const GROUP = 'readers'
const PARTITIONS = 3
const END_AFTER_MS = 8

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
    const [kill, powerCut] = [() => stage.node.kill(), () => stage.node.powerCut()]
    await endUnderLoad(stage, kill)
    await startAgain(stage, kill, 2)
    await life(stage, 2)
    await endUnderLoad(stage, powerCut)
    await startAgain(stage, powerCut, 3)
    await life(stage, 3)
    await stage.stop()
    await startAgain(stage, powerCut, 2)
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

/** The end comes while clients are at work. */
async function endUnderLoad(stage: Stage, end: () => void): Promise<void> {
  const from = stage.world.events.now.toFixed(3)
  stage.world.events.after(END_AFTER_MS, 'the end', end)
  await stage.play(
    ...Array.from({ length: 2 * PARTITIONS }, (_, i) => async (client: RecordedClient) => {
      for (let round = 0; round < 20; round++)
        await client.produce(
          TOPIC,
          i % PARTITIONS,
          records(`cut short ${from} ${i}.${round}`, 1, 100 + ((i * 5 + round) % 4) * 250),
        )
    }),
  )
}

/** So many starts that get further each time, and one that comes through; what it gives to readers stays. */
async function startAgain(stage: Stage, end: () => void, times: number): Promise<void> {
  for (let time = 1; time <= times; time++) {
    stage.node.start()
    await stage.pass(time * 2.5)
    end()
  }
  await stage.start()
  await stage.play(async (client) => {
    for (let partition = 0; partition < PARTITIONS; partition++) await client.read(TOPIC, partition)
  })
}
