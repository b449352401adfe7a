// What a topic's configuration asks of a batch that a client produces.

import { type LogConfig, segmentBytes } from '../log/log-config.ts'
import type { BatchRules } from '../protocol/records/validate.ts'

/**
 * The rules of one topic for one version of Produce. A configuration is replaced as a whole when it changes, so the rules are kept with it.
 * @param maxDecompressedBytes how large a compressed payload may become
 */
export class BatchRulebook {
  readonly #maxDecompressedBytes: number
  readonly #kept = new WeakMap<LogConfig, Map<number, BatchRules>>()

  constructor(maxDecompressedBytes: number) {
    this.#maxDecompressedBytes = maxDecompressedBytes
  }

  of(config: LogConfig, produceVersion: number): BatchRules {
    let versions = this.#kept.get(config)
    if (!versions) this.#kept.set(config, (versions = new Map()))
    let rules = versions.get(produceVersion)
    if (!rules) versions.set(produceVersion, (rules = this.#make(config, produceVersion)))
    return rules
  }

  #make(config: LogConfig, produceVersion: number): BatchRules {
    return {
      produceVersion,
      maxMessageBytes: config['max.message.bytes'],
      segmentBytes: segmentBytes(config),
      timestampType: config['message.timestamp.type'],
      timestampBeforeMaxMs: config['message.timestamp.before.max.ms'],
      timestampAfterMaxMs: config['message.timestamp.after.max.ms'],
      compacted: config['cleanup.policy'].includes('compact'),
      compressionType: config['compression.type'],
      levels: {
        gzip: config['compression.gzip.level'],
        lz4: config['compression.lz4.level'],
        zstd: config['compression.zstd.level'],
      },
      maxDecompressedBytes: this.#maxDecompressedBytes,
    }
  }
}
