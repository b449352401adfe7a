// The metrics of one node: what is counted from its start, and the two pages that tell of it, /metrics and /healthz.

import type { HttpAnswer, HttpRequest } from '../platform/http.ts'
import type { Listener } from '../platform/network.ts'
import type { Platform } from '../platform/platform.ts'
import { Slices } from '../platform/slices.ts'
import { Changes } from './changes.ts'
import { Health } from './health.ts'
import { LoopLag } from './loop-lag.ts'
import { Meters } from './meters.ts'
import { listenForScrapes, type MetricsEndpoint } from './port.ts'
import { openScene, type Rooms, type Stage } from './scene.ts'
import { CONTENT_TYPE, metricsText } from './text.ts'

export interface NodeMetricsOptions {
  /** Null: nobody can ask. */
  readonly endpoint: MetricsEndpoint | null
  readonly version: string
  /** metrics.max.label.sets */
  readonly maxSubjects: number
}

/** Two Prometheus servers that watch each other are usual; more scrapes at a time would only take longer, all of them. */
const SCRAPES_AT_A_TIME = 2

export class NodeMetrics {
  readonly meters: Meters
  readonly health = new Health()
  readonly changes = new Changes()
  readonly #platform: Platform
  readonly #options: NodeMetricsOptions
  readonly #stage: Stage
  #rooms: Rooms | null = null
  #listener: Listener | null = null
  #scrapes = 0
  #hasComplained = false
  #unwatch: (() => void) | null = null

  /** Counts from here on, and answers if there is an endpoint: a node that starts says so. Rejects where a port that somebody chose cannot be had. */
  static async open(platform: Platform, options: NodeMetricsOptions): Promise<NodeMetrics> {
    const metrics = new NodeMetrics(platform, options)
    await metrics.#listen()
    return metrics
  }

  private constructor(platform: Platform, options: NodeMetricsOptions) {
    const { clock, vitals } = platform
    this.#platform = platform
    this.#options = options
    this.meters = new Meters(clock, () => this.#rooms?.image ?? null)
    const signs = () => vitals?.read() ?? null
    this.#stage = {
      meters: this.meters,
      changes: this.changes,
      lag: new LoopLag(clock, this.meters.windows, signs),
      health: this.health,
      vitals: signs,
      now: () => clock.now(),
      version: options.version,
      rooms: () => this.#rooms,
      slices: Slices.of(clock),
    }
  }

  async #listen(): Promise<void> {
    const { endpoint } = this.#options
    const { http, logger, vitals } = this.#platform
    if (!endpoint || !http) return
    this.#listener = await listenForScrapes(http, endpoint, logger, (request) => this.#answer(request))
    if (!this.#listener) return
    this.#unwatch = vitals?.watch() ?? null
    this.meters.windows.start()
    this.#stage.lag.start()
  }

  /** Where /metrics is served; null where it is not. */
  get port(): number | null {
    return this.#listener?.address.port ?? null
  }

  /** The rooms are open: metrics tell of them from here on. */
  furnish(rooms: Rooms): void {
    this.#rooms = rooms
    for (const { flushTimes } of rooms.dirs) this.meters.windows.follow(flushTimes.counts)
  }

  /** Nobody is answered any more. */
  async close(): Promise<void> {
    this.meters.windows.stop()
    this.#stage.lag.stop()
    this.#unwatch?.()
    await this.#listener?.close()
    this.#listener = null
  }

  #answer({ method, path }: HttpRequest): HttpAnswer | Promise<HttpAnswer> {
    if (path !== '/metrics' && path !== '/healthz') return plain(404, 'not found: there are /metrics and /healthz')
    if (method !== 'GET') return plain(405, `${method} is not allowed: GET is`)
    return path === '/healthz' ? this.#healthz() : this.#metrics()
  }

  #healthz(): HttpAnswer {
    const { trouble } = this.health
    return trouble === null ? plain(200, 'ready') : plain(503, `not ready: ${trouble}`)
  }

  #metrics(): HttpAnswer {
    if (this.#scrapes >= SCRAPES_AT_A_TIME) return plain(503, `${this.#scrapes} scrapes are under way: ask again later`)
    return { status: 200, type: CONTENT_TYPE, body: this.text() }
  }

  /** The page, piece by piece. */
  async *text(): AsyncGenerator<string> {
    this.#scrapes++
    try {
      const scene = await openScene(this.#stage)
      yield* metricsText(scene, this.#options)
      if (scene.leftOut.size > 0) this.#complain(scene.leftOut)
    } finally {
      this.#scrapes--
    }
  }

  #complain(leftOut: ReadonlyMap<string, number>): void {
    if (this.#hasComplained) return
    this.#hasComplained = true
    this.#platform.logger.warn('/metrics leaves some out: there are more than metrics.max.label.sets (said once)', {
      limit: this.#options.maxSubjects,
      leftOut: Object.fromEntries(leftOut),
    })
  }
}

const plain = (status: number, text: string): HttpAnswer => ({ status, type: 'text/plain; charset=utf-8', body: `${text}\n` })
