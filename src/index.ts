// The library: a broker inside the process, for tests and for products with a queue inside.
//
//   await using broker = await startBroker({ inMemory: true })
//   const kafka = new Kafka({ brokers: [broker.bootstrapServers] })

import { Broker } from './broker/broker.ts'
import { loadConfig } from './config/load.ts'
import type { Logger } from './platform/logger.ts'
import { memoryDisk } from './platform/memory/disk.ts'
import { nodeLogger } from './platform/node/logger.ts'
import { nodePlatform } from './platform/node/platform.ts'

export type { Logger } from './platform/logger.ts'

export interface BrokerOptions {
  /** Keep everything in memory; nothing is left after close. One of this and `dataDir` is needed. */
  readonly inMemory?: boolean
  /** With `inMemory`: how many bytes it may take; writes beyond get KAFKA_STORAGE_ERROR. Default 1 GiB. */
  readonly maxMemoryBytes?: number
  /** The directory for the data; made and formatted where it is missing. */
  readonly dataDir?: string
  /** The port on localhost; 0 (the default) chooses a free one. */
  readonly port?: number
  /** Kafka's broker configurations by their own names, such as `num.partitions`. */
  readonly config?: Readonly<Record<string, string | number | boolean>>
  /** Where the broker's log lines go. Default: warnings and errors on stderr. */
  readonly logger?: Logger
}

export interface RunningBroker extends AsyncDisposable {
  /** host:port of each listener, joined by commas: what clients call bootstrap servers. */
  readonly bootstrapServers: string
  readonly clusterId: string
  /** Resolves with the reason if the broker cannot go on by itself (its disk failed); never, if it is closed. */
  readonly failed: Promise<Error>
  /** Stops cleanly; calling it again waits for the same. */
  close(): Promise<void>
}

const GIB = 1024 ** 3

/**
 * Starts a broker in this process; resolves when clients are served. Throws a ConfigError that names the key, the value and what is allowed, or
 * an error that says why the directory or the port cannot be used. The environment is never read.
 */
export async function startBroker(options: BrokerOptions): Promise<RunningBroker> {
  const { inMemory = false, dataDir, port = 0, maxMemoryBytes = GIB, logger = nodeLogger('warn'), config = {} } = options
  if (inMemory === (dataDir !== undefined)) {
    throw new TypeError('startBroker needs either inMemory: true or a dataDir, and not both')
  }
  const overrides = new Map([
    ['listeners', `PLAINTEXT://localhost:${port}`],
    ['log.dirs', dataDir ?? '/memory'],
    ...Object.entries(config).map(([key, value]) => [key, String(value)] as const),
  ])
  const loaded = loadConfig({ profile: 'library', overrides })
  for (const warning of loaded.warnings) logger.warn(warning)
  const platform = nodePlatform({ logger })
  const broker = await Broker.start(loaded, inMemory ? { ...platform, disk: memoryDisk(maxMemoryBytes) } : platform)
  return {
    bootstrapServers: broker.bootstrapServers,
    clusterId: broker.clusterId,
    failed: broker.failed,
    close: () => broker.close(),
    [Symbol.asyncDispose]: () => broker.close(),
  }
}
