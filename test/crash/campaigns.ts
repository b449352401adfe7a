// The campaigns, the quick ones first.

import { points } from '../crash-points/points.ts'
import type { Campaign } from './campaign.ts'
import { clusterAll } from './cluster/all.ts'
import { clusterKill } from './cluster/kill.ts'
import { clusterPartition } from './cluster/partition.ts'
import { clusterPause } from './cluster/pause.ts'
import { clusterRolling } from './cluster/rolling.ts'
import { zookeeperKill } from './cluster/zookeeper.ts'
import { enospc } from './enospc/campaign.ts'
import { files } from './files.ts'
import { kill } from './kill/campaign.ts'
import { torn } from './torn.ts'

export const campaigns: readonly Campaign[] = [
  torn,
  files,
  points,
  enospc,
  kill,
  clusterKill,
  clusterAll,
  clusterRolling,
  clusterPause,
  clusterPartition,
  zookeeperKill,
]
