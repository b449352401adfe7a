// The metadata of a cluster in ZooKeeper: opened before the directories, which belong to the cluster that it keeps.

import { randomUuid } from '../base/uuid.ts'
import type { LoadedConfig } from '../config/load.ts'
import { readMetaProperties } from '../log/meta-properties.ts'
import type { Platform } from '../platform/platform.ts'
import { ZooKeeperMetadata } from '../zookeeper/open.ts'
import { zookeeperSettings } from '../zookeeper/settings.ts'
import { storageDirs } from './storage/format.ts'

/** Null for a node with a quorum of its own. Throws where the ensemble cannot be reached, or keeps another cluster than the directories belong to. */
export async function openZooKeeper(
  platform: Platform,
  loaded: LoadedConfig,
  stopped?: AbortSignal,
): Promise<ZooKeeperMetadata | null> {
  const settings = zookeeperSettings(loaded.config)
  if (!settings) return null
  const node = {
    nodeId: loaded.config['node.id'],
    clusterId: await formattedFor(platform, loaded),
    proposedClusterId: loaded.clusterId ?? randomUuid((length) => platform.random.bytes(length)),
  }
  return ZooKeeperMetadata.open(platform, settings, node, stopped)
}

/** The cluster of the first directory that has one; directories of several are refused when they are opened. */
async function formattedFor({ disk }: Platform, loaded: LoadedConfig): Promise<string | null> {
  for (const dir of storageDirs(loaded)) {
    const properties = await readMetaProperties(disk, dir)
    if (properties) return properties.clusterId
  }
  return null
}
