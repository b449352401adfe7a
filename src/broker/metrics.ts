// The metrics of a broker: where they are served, and which rooms they look into.

import { Histogram } from '../base/histogram.ts'
import { version } from '../base/version.ts'
import type { LoadedConfig } from '../config/load.ts'
import type { Controller } from '../metadata/controller/controller.ts'
import type { MetadataPublisher } from '../metadata/publisher.ts'
import { NodeMetrics } from '../metrics/node-metrics.ts'
import type { MetricsEndpoint } from '../metrics/port.ts'
import type { DirFacts, QuorumFacts, Rooms } from '../metrics/scene.ts'
import type { Platform } from '../platform/platform.ts'
import type { LogDirs } from './log-dirs.ts'
import { maxRequestBytes } from './network-settings.ts'

/** Opened before anything else, so that a port that cannot be had ends the start while nothing was touched, and /healthz tells of a long start. */
export function openMetrics(platform: Platform, loaded: LoadedConfig): Promise<NodeMetrics> {
  return NodeMetrics.open(platform, {
    endpoint: endpointOf(loaded),
    version,
    maxSubjects: loaded.config['metrics.max.label.sets'],
  })
}

/** As open to others as the first listener for clients, or for controllers where there is none, unless `metrics.host` says otherwise. */
function endpointOf({ config, given, listeners }: LoadedConfig): MetricsEndpoint | null {
  const port = config['metrics.port']
  if (port === 0) return null
  const [first] = [...listeners.client, ...listeners.controller]
  return { host: config['metrics.host'] ?? first?.bind.host ?? 'localhost', port, isChosen: given.has('metrics.port') }
}

export interface MeteredParts {
  readonly platform: Platform
  readonly loaded: LoadedConfig
  readonly dirs: LogDirs
  readonly metadata: {
    readonly publisher: MetadataPublisher
    readonly log: QuorumFacts
    /** Null on a node that is no controller. */
    readonly runtime: { readonly machine: Controller | null } | null
  }
  /** Null on a node that is no broker. */
  readonly replicas: Rooms['replicas']
  readonly groups: Rooms['groups']
}

/** Metrics tell of these rooms from now on, and of the changes that the publisher tells of. To be called before the publisher is loaded. */
export function furnish(metrics: NodeMetrics, parts: MeteredParts, requestBytes: () => number): void {
  const { platform, loaded, dirs, metadata, replicas, groups } = parts
  const nodeId = loaded.config['node.id']
  metadata.publisher.subscribe('metrics', (delta) => {
    metrics.changes.follow(delta, nodeId)
    for (const { name } of delta.topicsDeleted) metrics.meters.traffic.forget(name)
  })
  metrics.furnish({
    nodeId,
    clusterId: dirs.metadata.clusterId,
    isController: metadata.runtime !== null,
    image: metadata.publisher.image,
    publisher: metadata.publisher,
    quorum: metadata.log,
    lastHeard: () => {
      const machine = metadata.runtime?.machine
      if (!machine || machine.settings.sessionTimeoutMs === null) return null // nobody has to show itself
      return (brokerId) => machine.sessions.get(brokerId)?.lastHeardAt
    },
    replicas,
    groups,
    dirs: [...new Set([...dirs.all, dirs.metadata]), ...dirs.lost.map(lostDir)],
    space: (path) => platform.disk.space(path),
    requestMemory: () => ({ used: requestBytes(), limit: maxRequestBytes(loaded.config) }),
  })
}

/** One that could not be opened. */
function lostDir(path: string): DirFacts {
  const offline = new Error('it could not be opened when the broker started')
  return { path, offline, flushes: 0, flushTimes: new Histogram(), unwrittenBytes: 0 }
}

/** What keeps a broker that is up from serving; null: nothing. */
export function troubleOf(nodeId: number, { publisher, log }: MeteredParts['metadata']): string | null {
  if (publisher.image.brokers.get(nodeId)?.fenced ?? true) {
    const leader = log.leaderId === null ? 'no controller is known' : `controller ${log.leaderId} has fenced it`
    return `the broker is fenced: ${leader}`
  }
  return null
}
