// Opens the log directories of a broker: one cluster, one node, a lock on each.

import type { BrokerConfig } from '../config/broker/index.ts'
import { noTexts, staticLayers } from '../config/layers.ts'
import type { LoadedConfig } from '../config/load.ts'
import { topicConfig } from '../config/resolve.ts'
import type { Log } from '../log/log.ts'
import { LogDir, type LogDirSettings } from '../log/log-dir.ts'
import type { Clock } from '../platform/clock.ts'
import { DiskError } from '../platform/disk.ts'
import type { Platform } from '../platform/platform.ts'
import { unlessStuck } from './closing.ts'

export interface LogDirs {
  readonly all: readonly LogDir[]
  /** Paths of those whose disks failed at the start: the broker serves without them, and makes nothing anew that may lie there. */
  readonly lost: readonly string[]
  /** The one that holds `__cluster_metadata`. */
  readonly metadata: LogDir
}

/** A log under way waits for the disk most of the time, so what would be one thread of Kafka's has several of them in hand. */
const LOGS_OF_A_THREAD = 4

/** What of a broker's configuration may change while its directories are in use. */
export function dirSettings(config: BrokerConfig): LogDirSettings {
  return {
    producerIdExpirationMs: config['producer.id.expiration.ms'],
    logsAtOnce: LOGS_OF_A_THREAD * config['num.recovery.threads.per.data.dir'],
  }
}

/**
 * Opens all of them, but for those whose disks fail: that of the metadata must not be one of these, nor all that partitions may lie in. A directory that is
 * not formatted joins the cluster of the others, or founds one.
 */
export async function openLogDirs(platform: Platform, loaded: LoadedConfig): Promise<LogDirs> {
  const { config, logDirs, metadataLogDir } = loaded
  const opened: LogDir[] = []
  const lost: string[] = []
  const open = (path: string) =>
    LogDir.open(platform, path, {
      nodeId: config['node.id'],
      clusterId: opened[0]?.clusterId ?? loaded.clusterId,
      config: topicConfig(staticLayers(loaded.given), noTexts),
      ...dirSettings(config),
      flushesFound: config['log.flush.policy'] === 'fsync',
    })
  try {
    opened.push(await open(metadataLogDir))
    for (const path of logDirs.filter((each) => each !== metadataLogDir)) {
      try {
        opened.push(await open(path))
      } catch (thrown) {
        lost.push(path)
        if (!isFailure(thrown) || logDirs.every((each) => lost.includes(each))) throw thrown
        platform.logger.error('a log directory cannot be opened, and the broker serves without it; mend the disk and restart', {
          dir: path,
          error: thrown,
        })
      }
    }
  } catch (thrown) {
    await closeAll(opened, null, platform.clock).catch((why: unknown) => {
      platform.logger.error('a log directory could not be closed after a failed start', { error: why })
    })
    throw thrown
  }
  return { all: opened.filter(({ path }) => logDirs.includes(path)), lost, metadata: opened[0]! }
}

/**
 * The broker epoch that the last clean stop left in every directory; -1 where one is missing, is new, or tells another: then what this broker once had is not
 * known to be there (KIP-966).
 */
export function previousEpochOf({ all, lost }: LogDirs): number {
  const epoch = all[0]?.cleanBrokerEpoch ?? -1
  return lost.length === 0 && all.every(({ cleanBrokerEpoch }) => cleanBrokerEpoch === epoch) ? epoch : -1
}

/** Of the disk. A directory that another process uses, or that belongs elsewhere, is a mistake that nobody should serve with. */
function isFailure(thrown: unknown): boolean {
  return thrown instanceof DiskError && thrown.code !== 'ELOCKED'
}

/**
 * Closes every directory, at the same time; then throws the first error there was. `brokerEpoch` marks them as cleanly stopped; null does not.
 * One whose disk hangs is left as it is, with its lock: nobody knows whether what was asked of the disk still comes.
 */
export function closeLogDirs({ all, metadata }: LogDirs, brokerEpoch: number | null, clock: Clock): Promise<void> {
  return closeAll([...new Set([...all, metadata])], brokerEpoch === null ? null : { brokerEpoch }, clock)
}

async function closeAll(dirs: readonly LogDir[], clean: { readonly brokerEpoch: number } | null, clock: Clock): Promise<void> {
  const outcomes = await Promise.allSettled(
    dirs.map((dir) =>
      unlessStuck(dir.close(clean), {
        clock,
        progress: () => `${dir.notClosed.size} ${moved(dir)}`,
        what: () =>
          `${dir.path}${someOf(dir.notClosed)}; the disk does not answer, and the directory stays locked until this process ends`,
      }),
    ),
  )
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
}

/** Differs between two moments where anything was done in one of the directories in between. */
export function progressOf({ all, metadata }: LogDirs): string {
  return [...new Set([...all, metadata])].map(moved).join(' ')
}

function moved({ logs, flushes, unwrittenBytes }: LogDir): string {
  return `${logs.size} ${flushes} ${unwrittenBytes}`
}

const NAMED = 5

function someOf(logs: ReadonlySet<Log>): string {
  if (logs.size === 0) return ''
  const names = [...logs].slice(0, NAMED).map(({ topic, partition }) => `${topic}-${partition}`)
  return ` with ${logs.size} logs (${names.join(', ')}${logs.size > NAMED ? ', ...' : ''})`
}
