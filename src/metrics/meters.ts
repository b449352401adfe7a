// Everything that is counted while it happens, in one hand: the pipeline and the listeners hold it. All else is read when somebody asks.

import type { Channel, Closing, RequestSink } from '../net/channel.ts'
import type { Clock } from '../platform/clock.ts'
import type { Api } from '../protocol/api.ts'
import type { FetchRequest } from '../protocol/messages/fetch.ts'
import { FETCH_CONSUMER, FETCH_FOLLOWER, type Measured, RequestMeters } from './request-meters.ts'
import { Traffic } from './traffic.ts'
import { Windows } from './window.ts'

const PRODUCE = 0
const FETCH = 1

/** Of one listener. */
export interface ListenerMeter {
  opened: number
  closed: number
  requests: number
  responses: number
  bytesIn: number
  bytesOut: number
}

/** By which topics are known; asked as long as the process lives. */
export interface TopicNames {
  readonly topics: ReadonlyMap<string, unknown>
  readonly topicsById: ReadonlyMap<string, { readonly name: string }>
}

export class Meters {
  readonly windows: Windows
  readonly requests: RequestMeters
  readonly traffic: Traffic
  readonly listeners = new Map<string, ListenerMeter>()
  readonly #ended = [PRODUCE, FETCH].map((key) => (code: number) => this.requests.ended(key, code))

  constructor(clock: Clock, names: () => TopicNames | null) {
    this.windows = new Windows(clock)
    this.requests = new RequestMeters(clock, this.windows)
    this.traffic = new Traffic(
      (topicId) => names()?.topicsById.get(topicId)?.name,
      (topic) => names()?.topics.has(topic) ?? false,
    )
  }

  /** The step `measure`, after the handler: `answer` is what it gave, null for none. */
  answered(its: Measured, { key, name }: Api, request: unknown, answer: unknown): void {
    const { requests, traffic } = this
    // biome-ignore-start lint/suspicious/noExplicitAny: the API key says what they are
    if (key === FETCH) its.side = traffic.isFollower(request as FetchRequest) ? FETCH_FOLLOWER : FETCH_CONSUMER
    requests.answered(its, name)
    if (key === PRODUCE) traffic.produced(request as any, answer as any, this.#ended[0]!)
    else if (key === FETCH) traffic.fetched(request as any, answer as any, this.#ended[1]!)
    else requests.ended(key, (answer as any)?.errorCode ?? 0)
    // biome-ignore-end lint/suspicious/noExplicitAny: as above
  }

  /** The sink, with a count of connections, and of what comes and goes on them. */
  watched(sink: RequestSink): RequestSink {
    return {
      mayOverlap: (bytes) => sink.mayOverlap(bytes),
      receive: (request) => {
        const meter = this.listener(request.channel.listener)
        meter.requests++
        meter.bytesIn += request.bytes.length + LENGTH
        sink.receive(request)
      },
      opened: (channel: Channel) => {
        this.listener(channel.listener).opened++
        sink.opened?.(channel)
      },
      closed: (channel: Channel, closing: Closing) => {
        this.listener(channel.listener).closed++
        sink.closed?.(channel, closing)
      },
    }
  }

  /** An answer is given to a connection of that listener; null: there is none. */
  responded(listener: string, chunks: readonly Uint8Array[] | null): void {
    if (chunks === null) return
    const meter = this.listener(listener)
    meter.responses++
    for (const chunk of chunks) meter.bytesOut += chunk.length
  }

  listener(name: string): ListenerMeter {
    let meter = this.listeners.get(name)
    if (!meter) {
      meter = { opened: 0, closed: 0, requests: 0, responses: 0, bytesIn: 0, bytesOut: 0 }
      this.listeners.set(name, meter)
    }
    return meter
  }
}

/** Of a frame's length, which goes before it. */
const LENGTH = 4
