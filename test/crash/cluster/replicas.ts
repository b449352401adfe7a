// Whether the replicas of a topic lie on disk as the same batches, byte for byte.

import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { batches } from '../../../src/protocol/records/batch.ts'

/** Below `end` each replica has the same bytes. `dirs` are the log directories of all replicas; what is wrong, in words. */
export function differences(dirs: readonly string[], topic: string, ends: readonly number[]): string[] {
  return ends.flatMap((end, partition) => {
    const found = dirs.map((dir) => sumOf(join(dir, `${topic}-${partition}`), end))
    const first = found[0]!
    if (found.every(({ sum, next }) => sum === first.sum && next === first.next) && first.next === end) return []
    const told = found.map(({ next, batches: count, sum }) => `${count} batches to ${next} (${sum.slice(0, 8)})`)
    return [`the replicas of partition ${partition} differ below ${end}: ${told.join(', ')}`]
  })
}

/** The checksum of all batches below `end`, how many they are, and where they end. */
function sumOf(dir: string, end: number): { sum: string; next: number; batches: number } {
  const hash = createHash('sha256')
  let [next, count] = [0, 0]
  const segments = readdirSync(dir).filter((name) => name.endsWith('.log'))
  for (const name of segments.sort()) {
    for (const batch of batches(readFileSync(join(dir, name)))) {
      if (batch.baseOffset >= end) break
      hash.update(batch.bytes.subarray(batch.at, batch.at + batch.sizeInBytes))
      next = batch.nextOffset
      count++
    }
  }
  return { sum: hash.digest('hex'), next, batches: count }
}
