// For tests of every room: the rules of a topic with Kafka's defaults, and records of every shape that a batch can hold.

import type { BatchRules } from '../../src/protocol/records/validate.ts'
import fc from './fast-check.ts'

export const defaultRules: BatchRules = {
  produceVersion: 12,
  maxMessageBytes: 1_048_588,
  segmentBytes: 1_073_741_824,
  timestampType: 'CreateTime',
  timestampBeforeMaxMs: 2 ** 63,
  timestampAfterMaxMs: 3_600_000,
  compacted: false,
  compressionType: 'producer',
  levels: {},
  maxDecompressedBytes: 64 << 20,
}

const bytes = fc.option(
  fc.uint8Array({ maxLength: 200 }).map((made) => new Uint8Array(made)),
  { nil: null },
)
const timestamp = fc.oneof(
  fc.integer({ min: 1_700_000_000_000, max: 1_700_000_100_000 }),
  fc.constant(-1),
  fc.maxSafeInteger().filter((n) => n > -(2 ** 51) && n < 2 ** 51),
)
const header = fc.record({ key: fc.string({ unit: 'grapheme', maxLength: 10 }), value: bytes }, { noNullPrototype: true })

export const anyRecords = fc.array(
  fc.record({ key: bytes, value: bytes, timestamp, headers: fc.array(header, { maxLength: 3 }) }, { noNullPrototype: true }),
  { minLength: 1, maxLength: 12 },
)
