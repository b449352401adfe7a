// What both sides of a node stand on.

import type { LoadedConfig } from '../config/load.ts'
import type { NodeMetrics } from '../metrics/node-metrics.ts'
import type { Platform } from '../platform/platform.ts'
import type { Connections } from './connections.ts'
import type { LogDirs } from './log-dirs.ts'
import type { MetadataNode } from './metadata-node.ts'

export interface House {
  readonly platform: Platform
  readonly loaded: LoadedConfig
  readonly metrics: NodeMetrics
  readonly dirs: LogDirs
  readonly metadata: MetadataNode
  readonly connections: Connections
}
