// For tests: the rules of a topic with Kafka's defaults.
import type { BatchRules } from './validate.ts'

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
