// What a log directory is opened with, and what of it may change later.

import type { LogConfig } from './log-config.ts'

export interface LogDirOptions {
  readonly nodeId: number
  /** Null: the directory's own, or a new one where it is not formatted. */
  readonly clusterId: string | null
  /** For the logs that are found, until their topics' own configuration is known. */
  readonly config: LogConfig
  /** `producer.id.expiration.ms`; Kafka's default is a day. */
  readonly producerIdExpirationMs?: number
  /** Memory for the newest batches of all logs together. */
  readonly tailBytes?: number
  /**
   * Whether records that a crash left with the operating system are flushed before the log is open (the default); else it is open at once
   * and they follow: where nobody was promised that they are on the device, nobody has to wait for it.
   */
  readonly flushesFound?: boolean
  /** Files that are open although nobody uses them at the moment. */
  readonly maxOpenFiles?: number
  /** How many logs are loaded, and closed, at the same time. */
  readonly logsAtOnce?: number
}

/** What may change while the directory is in use. */
export type LogDirSettings = Required<Pick<LogDirOptions, 'producerIdExpirationMs' | 'logsAtOnce'>>

const MIB = 1024 * 1024

export const defaults = {
  producerIdExpirationMs: 86_400_000,
  tailBytes: 64 * MIB,
  maxOpenFiles: 4096,
  logsAtOnce: 8,
  indexBytes: 32 * MIB,
  flushesFound: true,
} as const
