// A full disk: records are refused with an error that clients understand, everything else goes on, and service comes back with the room.

import type { Campaign, Task } from '../campaign.ts'
import { Fill, WAYS } from './fill.ts'
import { memoryPlace, type Place, realPlace } from './place.ts'

/** From one that fills quickly to one that stops close to the brim. */
const RECORD_BYTES = [200_000, 20_000, 500_000, 60_000, 100_000]

export const enospc: Campaign = {
  name: 'enospc',
  about: 'a file system of 64 MiB gets full: refused cleanly, read on, committed on, compacted, back by itself, nothing lost',
  goals: [{ count: 'fills', target: 20 }],

  async run(task) {
    const said = new Set<string>()
    for (let number = 0; number < task.times && !task.isOver(); number++) {
      const place = placeFor(number)
      if (!said.has(place.kind)) task.say(`on ${place.kind}`)
      said.add(place.kind)
      await one(task, number, place)
      task.progress(number + 1)
    }
  },
}

function placeFor(number: number): Place {
  const kinds = number % 2 === 0 ? (['ext4', 'tmpfs'] as const) : (['tmpfs', 'ext4'] as const)
  return realPlace(kinds[0]) ?? realPlace(kinds[1]) ?? memoryPlace()
}

async function one({ counters, say }: Task, number: number, place: Place): Promise<void> {
  const began = performance.now()
  const way = WAYS[number % WAYS.length]!
  const recordBytes = RECORD_BYTES[number % RECORD_BYTES.length]!
  const fill = new Fill(place, recordBytes, way)
  try {
    const { acknowledged, refused, commits, returnMs, compacted } = await fill.run()
    counters.add({
      [`on ${place.kind}`]: 1,
      'acknowledged records': acknowledged,
      'refused records': refused,
      'commits on a full disk': commits,
      'records compacted away': compacted,
    })
    say(`${place.kind}, ${way}: ${acknowledged} acknowledged, ${compacted} compacted away, back after ${Math.round(returnMs)} ms`)
  } catch (thrown) {
    const title = thrown instanceof Error ? thrown.message : String(thrown)
    say(`FAILED on ${place.kind}, ${way}, records of ${recordBytes} bytes: ${title}\n${fill.lines.join('\n')}`)
    counters.fail(title.replaceAll(/\d+/g, 'N'), 'npm run crash -- --only enospc --times 12')
  } finally {
    place.remove()
    counters.add({ fills: 1 }, (performance.now() - began) / 1000)
    counters.save()
  }
}
