// Record batches without a network: each is accepted or refused by the validator, and what it accepts can be read again.

import { MalformedBytes } from '../../src/base/bytes.ts'
import type { Compression } from '../../src/protocol/compression/index.ts'
import { InvalidBatch, validateBatch } from '../../src/protocol/records/validate.ts'
import { defaultRules } from '../support/records.ts'
import type { Chance } from '../wire/random-value.ts'
import { chanceOf, once } from './chances.ts'
import { batchCase } from './record-batches.ts'

const NOW = 1_700_000_000_000
/** What a payload may become here; memory may grow by a few times as much. */
const BOUND = 8 << 20
const MAY_KEEP = 8 * BOUND

export interface Validated {
  readonly accepted: number
  /** Number of the case and what is wrong. */
  readonly wrong: readonly (readonly [index: number, what: string])[]
}

/** Tries the batches `from` to `to` (exclusive) of a seed. */
export function validated(seed: number, from: number, to: number): Validated {
  const wrong: [number, string][] = []
  let accepted = 0
  for (let index = from; index < to; index++) {
    const chance = chanceOf(seed, 'batch', index)
    const { bytes, how } = batchCase(chance)
    const before = process.memoryUsage().external
    try {
      if (validateOne(bytes, chance)) accepted++
    } catch (thrown) {
      wrong.push([index, `${how}: ${thrown instanceof Error ? thrown.stack : thrown}`])
    }
    const kept = process.memoryUsage().external - before
    if (kept > MAY_KEEP) wrong.push([index, `${how}: ${kept} bytes more`])
  }
  return { accepted, wrong }
}

/** Whether the validator accepts it. Throws where it breaks a promise. */
export function validateOne(bytes: Uint8Array, chance: Chance): boolean {
  const rules = {
    ...defaultRules,
    produceVersion: 3 + chance.below(10),
    maxDecompressedBytes: BOUND,
    compacted: once(chance, 5),
    timestampType: once(chance, 5) ? ('LogAppendTime' as const) : ('CreateTime' as const),
    timestampAfterMaxMs: once(chance, 2) ? 2 ** 63 : 3_600_000,
    compressionType: once(chance, 4) ? chance.oneOf<Compression>(['gzip', 'snappy', 'lz4', 'zstd']) : ('producer' as const),
  }
  try {
    const { batch, recordCount, maxTimestamp } = validateBatch(Buffer.from(bytes), rules, NOW)
    batch.assign(1000, 7)
    if (!batch.checksumMatches()) throw new Error('accepted, and the checksum is wrong afterwards')
    let count = 0
    let latest = -1 // times before 1970 do not count, as in Kafka
    for (const { timestamp } of batch.records(BOUND)) {
      count++
      latest = Math.max(latest, timestamp)
    }
    if (count !== recordCount) throw new Error(`accepted with ${recordCount} records, of which ${count} can be read`)
    if (latest !== maxTimestamp) throw new Error(`the largest timestamp is ${latest}, not ${maxTimestamp}`)
    return true
  } catch (thrown) {
    if (thrown instanceof InvalidBatch) return false
    if (thrown instanceof MalformedBytes) throw new Error(`accepted, and cannot be read: ${thrown.message}`, { cause: thrown })
    throw thrown
  }
}
