// The controller's side of a node: its handlers, for this process and for others, and the listeners where the file names some.

import type { LoadedConfig } from '../config/load.ts'
import type { NodeMetrics } from '../metrics/node-metrics.ts'
import { type Server, serve } from '../net/listener.ts'
import type { Exchange } from '../net/peer.ts'
import type { Platform } from '../platform/platform.ts'
import type { Input } from '../protocol/schema.ts'
import { BrokerWatch } from './broker-watch.ts'
import type { AnyHandler } from './handler.ts'
import { controllerApis } from './handlers/controller-apis.ts'
import type { MetadataNode } from './metadata-node.ts'
import { channelLimits, connectionLimits, controllerListenersOf, maxRequestBytes } from './network-settings.ts'
import { type Origin, Pipeline } from './pipeline.ts'
import { Predecessors } from './predecessors.ts'
import { requestSink } from './request-sink.ts'

export interface ControllerSideRooms {
  readonly platform: Platform
  readonly loaded: LoadedConfig
  readonly clusterId: string
  readonly metadata: MetadataNode
  readonly metrics: NodeMetrics
}

interface Parts {
  readonly handlers: readonly AnyHandler[]
  readonly pipeline: Pipeline
  readonly watch: BrokerWatch | null
  readonly server: Server | null
}

export class ControllerSide {
  /** With ZooKeeper there is no listener for controllers: those for brokers serve these as well. */
  readonly handlers: readonly AnyHandler[]
  readonly #pipeline: Pipeline
  readonly #watch: BrokerWatch | null
  readonly #origin: Origin
  /** Null where the file names no listener for controllers: then nobody else can ask. */
  readonly server: Server | null

  static async open(rooms: ControllerSideRooms): Promise<ControllerSide> {
    const { platform, loaded, metadata, metrics } = rooms
    const watch = watchOf(rooms)
    const predecessors =
      watch &&
      new Predecessors({
        ...platform,
        watch,
        nodeId: loaded.config['node.id'],
        heartbeatMs: loaded.config['broker.heartbeat.interval.ms'],
        listener: loaded.listeners.interBroker,
      })
    const handlers = controllerApis({ ...rooms, watch, predecessors, pipeline: () => pipeline })
    const pipeline: Pipeline = new Pipeline({
      handlers,
      logger: platform.logger,
      clock: platform.clock,
      meters: metrics.meters,
    })
    const listeners = controllerListenersOf(loaded)
    if (listeners.length === 0) return new ControllerSide({ handlers, pipeline, watch, server: null }, loaded)
    const server = await serve({
      ...platform,
      listeners,
      sink: metrics.meters.watched(requestSink({ pipeline, logger: platform.logger, ready: Promise.resolve() })),
      channelLimits: channelLimits(loaded.config),
      connectionLimits: connectionLimits(loaded, metadata.configs),
      maxRequestBytes: maxRequestBytes(loaded.config),
    })
    return new ControllerSide({ handlers, pipeline, watch, server }, loaded)
  }

  private constructor({ handlers, pipeline, watch, server }: Parts, { quorum }: LoadedConfig) {
    this.handlers = handlers
    this.#pipeline = pipeline
    this.#watch = watch
    this.server = server
    this.#origin = {
      id: 0, // connections count from 1
      listener: quorum.listener,
      clientHost: '/127.0.0.1',
      gone: new AbortController().signal,
      disconnect() {},
    }
  }

  /** Serves nobody any more. */
  async close(): Promise<void> {
    this.#watch?.stop()
    await this.server?.close()
  }

  /** As another node would ask this one. */
  ask<Req, Res>(exchange: Exchange<Req, Res>, body: Input<Req>): Promise<Res> {
    return this.#pipeline.ask(exchange, body, this.#origin)
  }
}

/** Null where there are no others, or where only sessions shall decide. Subscribes to the metadata, which must not be loaded yet. */
function watchOf({ platform, loaded, metadata }: ControllerSideRooms): BrokerWatch | null {
  const { config, listeners } = loaded
  const { publisher, controller, zookeeper } = metadata
  if (metadata.isAlone || !config['node.loss.probe.enable']) return null
  const watch = new BrokerWatch({
    ...platform,
    controller,
    image: publisher.image,
    nodeId: config['node.id'],
    listener: listeners.interBroker,
    sessionMs: config['broker.session.timeout.ms'],
    ...(zookeeper ? { onEnded: (brokerId) => zookeeper.forget(brokerId) } : {}),
  })
  publisher.subscribe('watch for brokers that are gone', watch.follow)
  return watch
}
