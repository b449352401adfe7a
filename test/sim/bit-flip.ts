// A bit of a record turns over on the device, in a batch that is safe there since long: what follows is that this batch, and no other, is gone.

import type { SimDevice } from '../../src/platform/sim/disk.ts'
import { SimDirectory, SimInode } from '../../src/platform/sim/inode.ts'
import type { SeededRandom } from '../../src/platform/sim/random.ts'
import { batches, HEADER_SIZE } from '../../src/protocol/records/batch.ts'
import type { History, PartitionHistory } from './history.ts'

const DATA = '/data'
const DAMAGES_MAX = 3

/** In a closed segment below the recovery point on the device; none where there is none, or where enough is damaged. */
export function flipOneBit(device: SimDevice, history: History, random: SeededRandom): void {
  const index = random.below(history.partitions.length)
  const partition = history.partitions[index]!
  if (partition.damages.length >= DAMAGES_MAX) return
  const place = placeIn(device, `${history.topic}-${index}`, recoveryPoint(device, history.topic, index), partition, random)
  if (!place) return
  place.inode.flip(place.at, random.below(8))
  partition.damages.push(place.range)
  device.events.note(`a bit turns over in ${partition.name} at ${place.range.startOffset}`)
  device.events.saw('a bit was turned over')
}

function placeIn(device: SimDevice, dir: string, limit: number, { damages }: PartitionHistory, random: SeededRandom) {
  const found = device.find(`${DATA}/${dir}`)
  if (!(found instanceof SimDirectory)) return null
  const segments = [...found.entries].filter(([name]) => name.endsWith('.log')).sort(([a], [b]) => (a < b ? -1 : 1))
  const places = segments.flatMap(([, inode], i) => {
    const next = segments[i + 1]
    if (!(inode instanceof SimInode) || !next || Number.parseInt(next[0], 10) > limit) return []
    return [...batches(inode.bytes)].map((batch) => ({ inode, batch }))
  })
  const sound = places.filter(({ batch }) => damages.every(({ startOffset }) => startOffset !== batch.baseOffset))
  if (sound.length === 0) return null
  const { inode, batch } = random.pick(sound)
  const at = batch.at + HEADER_SIZE + random.below(batch.sizeInBytes - HEADER_SIZE)
  return { inode, at, range: { startOffset: batch.baseOffset, endOffset: batch.nextOffset } }
}

/** As the checkpoint on the device says it: a newer one that only the system knows may be gone with the power. */
function recoveryPoint(device: SimDevice, topic: string, partition: number): number {
  const line = device
    .onDevice(`${DATA}/recovery-point-offset-checkpoint`)
    ?.toString()
    .split('\n')
    .find((each) => each.startsWith(`${topic} ${partition} `))
  return line === undefined ? 0 : Number(line.split(' ')[2])
}
