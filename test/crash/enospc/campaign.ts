// A full disk: records are refused with an error that clients understand, everything else goes on, and service comes back with the room.

import type { Campaign, Task } from '../campaign.ts'
import { Fill, type Filled, WAYS } from './fill.ts'
import { memoryPlace, type Place, realPlace } from './place.ts'

/** From one that fills quickly to one that stops close to the brim. */
const RECORD_BYTES = [200_000, 20_000, 500_000, 60_000, 100_000]

export const enospc: Campaign = {
  name: 'enospc',
  about: 'a file system of 64 MiB gets full: refused cleanly, read on, committed on, compacted, back by itself, nothing lost',
  goals: [{ count: 'fills', target: 20 }],
  share: 2,

  async run(task) {
    for (let done = 0; done < task.times && !task.isOver(); done++) {
      await one(task, task.first + done)
      task.progress(done + 1)
    }
  },

  async repeat(number, say) {
    await fill(number, placeFor(number), say)
  },
}

function placeFor(number: number): Place {
  const kinds = number % 2 === 0 ? (['ext4', 'tmpfs'] as const) : (['tmpfs', 'ext4'] as const)
  return realPlace(kinds[0]) ?? realPlace(kinds[1]) ?? memoryPlace()
}

async function one({ counters, say }: Task, number: number): Promise<void> {
  const began = performance.now()
  const place = placeFor(number)
  try {
    const { acknowledged, refused, commits, compacted } = await fill(number, place, say)
    counters.add({
      [`on ${place.kind}`]: 1,
      'acknowledged records': acknowledged,
      'refused records': refused,
      'commits on a full disk': commits,
      'records compacted away': compacted,
    })
  } catch (thrown) {
    const title = thrown instanceof Error ? thrown.message : String(thrown)
    counters.fail(title.replaceAll(/\d+/g, 'N'), `npm run crash -- --only enospc --case ${number}`)
  } finally {
    counters.add({ fills: 1 }, (performance.now() - began) / 1000)
    counters.save()
  }
}

/** Fill number `number`, its place removed afterwards. Throws what was wrong, after saying all that is known of it. */
async function fill(number: number, place: Place, say: Task['say']): Promise<Filled> {
  const way = WAYS[number % WAYS.length]!
  const recordBytes = RECORD_BYTES[number % RECORD_BYTES.length]!
  const filling = new Fill(place, recordBytes, way)
  try {
    const filled = await filling.run()
    const { acknowledged, compacted, returnMs } = filled
    say(`${place.kind}, ${way}: ${acknowledged} acknowledged, ${compacted} compacted away, back after ${Math.round(returnMs)} ms`)
    return filled
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown)
    say(`FAILED ${number} on ${place.kind}, ${way}, records of ${recordBytes} bytes: ${why}\n${filling.lines.join('\n')}`)
    throw thrown
  } finally {
    place.remove()
  }
}
