// Opens the log directories of a broker: one cluster, one node, a lock on each.

import { noTexts, staticLayers } from '../config/layers.ts'
import type { LoadedConfig } from '../config/load.ts'
import { topicConfig } from '../config/resolve.ts'
import { LogDir } from '../log/log-dir.ts'
import type { Platform } from '../platform/platform.ts'

export interface LogDirs {
  readonly all: readonly LogDir[]
  /** The one that holds `__cluster_metadata`. */
  readonly metadata: LogDir
}

/** Opens all of them, or none. A directory that is not formatted joins the cluster of the others, or founds one. */
export async function openLogDirs(platform: Platform, loaded: LoadedConfig): Promise<LogDirs> {
  const { config, logDirs, metadataLogDir } = loaded
  const paths = [metadataLogDir, ...logDirs.filter((path) => path !== metadataLogDir)]
  const opened: LogDir[] = []
  try {
    for (const path of paths) {
      const clusterId = opened[0]?.clusterId ?? loaded.clusterId
      opened.push(
        await LogDir.open(platform, path, {
          nodeId: config['node.id'],
          clusterId,
          config: topicConfig(staticLayers(loaded.given), noTexts),
          producerIdExpirationMs: config['producer.id.expiration.ms'],
        }),
      )
    }
  } catch (thrown) {
    await closeAll(opened, null).catch((why: unknown) => {
      platform.logger.error('a log directory could not be closed after a failed start', { error: why })
    })
    throw thrown
  }
  return { all: opened.filter(({ path }) => logDirs.includes(path)), metadata: opened[0]! }
}

/** Closes every directory, at the same time; then throws the first error there was. `brokerEpoch` marks them as cleanly stopped; null does not. */
export function closeLogDirs({ all, metadata }: LogDirs, brokerEpoch: number | null): Promise<void> {
  return closeAll([...new Set([...all, metadata])], brokerEpoch === null ? null : { brokerEpoch })
}

async function closeAll(dirs: readonly LogDir[], clean: { readonly brokerEpoch: number } | null): Promise<void> {
  const outcomes = await Promise.allSettled(dirs.map((dir) => dir.close(clean)))
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
}
