// The library: a broker inside the process, for tests and for products with a queue inside.
//
//   await using broker = await startBroker({ inMemory: true })
//   const kafka = new Kafka({ brokers: [broker.bootstrapServers] })

import { Broker } from './broker/broker.ts'
import { LocalCluster } from './broker/local-cluster.ts'
import { loadConfig } from './config/load.ts'
import type { Logger } from './platform/logger.ts'
import { memoryDisk } from './platform/memory/disk.ts'
import { nodeLogger } from './platform/node/logger.ts'
import { nodePlatform } from './platform/node/platform.ts'
import { stayFor } from './platform/node/process.ts'

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
  const broker = await stayFor(Broker.start(loaded, inMemory ? { ...platform, disk: memoryDisk(maxMemoryBytes) } : platform))
  return running(broker, () => stayFor(broker.close()))
}

function running(broker: Broker, close: () => Promise<void>): RunningBroker {
  return {
    bootstrapServers: broker.bootstrapServers,
    clusterId: broker.clusterId,
    failed: broker.failed,
    close,
    [Symbol.asyncDispose]: close,
  }
}

export interface ClusterOptions extends Omit<BrokerOptions, 'port'> {
  /** How many; default 3. Every one of them, up to five, is a controller as well. */
  readonly brokers?: number
  /** The first broker's port on localhost, the others and then the controllers behind it; 0 (the default) chooses free ones. */
  readonly port?: number
}

export interface RunningCluster extends AsyncDisposable {
  /** host:port of all brokers, joined by commas. */
  readonly bootstrapServers: string
  readonly clusterId: string
  /** The node ids, from 1 on. */
  readonly ids: readonly number[]
  /** The broker with this id; null while it is stopped. Closing it is stopping it. Throws a RangeError for an id that is none of `ids`, as the others do. */
  broker(id: number): RunningBroker | null
  /** Stops one broker cleanly; the others go on without it. */
  stop(id: number): Promise<void>
  /** Starts a broker that was stopped, on what it left; resolves when it serves. Rejects where the cluster is closed before. */
  restart(id: number): Promise<RunningBroker>
  /** Stops all of them; calling it again waits for the same. */
  close(): Promise<void>
}

/**
 * Starts several brokers in this process, with the quorum of their controllers; resolves when all of them serve. With `dataDir`, each has a directory
 * below it, `node-1` and so on. Topics that do not say otherwise have three replicas, two of them in sync, where there are three brokers. Throws as
 * `startBroker`, and nothing is left running then.
 */
export async function startCluster(options: ClusterOptions): Promise<RunningCluster> {
  const {
    brokers = 3,
    inMemory = false,
    dataDir,
    port = 0,
    maxMemoryBytes = GIB,
    logger = nodeLogger('warn'),
    config = {},
  } = options
  if (inMemory === (dataDir !== undefined)) {
    throw new TypeError('startCluster needs either inMemory: true or a dataDir, and not both')
  }
  if (!Number.isInteger(brokers) || brokers < 1) throw new TypeError(`brokers: ${brokers} is not valid; allowed: 1 or more`)
  const platform = nodePlatform({ logger })
  const numbers = Array.from({ length: brokers }, (_, at) => at + 1)
  const starting = LocalCluster.start({
    platform,
    host: 'localhost',
    port,
    disks: numbers.map((id) =>
      inMemory
        ? { disk: memoryDisk(Math.floor(maxMemoryBytes / brokers)), directory: '/memory' }
        : { disk: platform.disk, directory: `${dataDir}/node-${id}` },
    ),
    config: new Map(Object.entries(config).map(([key, value]) => [key, String(value)])),
  })
  const cluster = await stayFor(starting)
  for (const warning of cluster.warnings) logger.warn(warning)
  const all = numbers.map((id) => cluster.broker(id)!)
  let closing: Promise<void> | null = null
  const close = () => (closing ??= stayFor(cluster.close()))
  const seen = (id: number) => {
    const broker = cluster.broker(id)
    return broker && running(broker, () => stayFor(cluster.stop(id, broker)))
  }
  return {
    bootstrapServers: all.map(({ bootstrapServers }) => bootstrapServers).join(','),
    clusterId: all[0]!.clusterId,
    ids: cluster.ids,
    broker: seen,
    stop: (id) => stayFor(cluster.stop(id)),
    async restart(id) {
      await stayFor(cluster.restart(id))
      return seen(id)!
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}
