// Between the network and the pipeline: takes requests from channels, answers them, and closes a connection that sends what is no request.

import { AssertionFailed } from '../base/assert.ts'
import { MalformedBytes } from '../base/bytes.ts'
import type { Channel, RequestSink } from '../net/channel.ts'
import type { Request } from '../net/request.ts'
import type { Logger } from '../platform/logger.ts'
import type { Origin, Outcome, Pipeline } from './pipeline.ts'

/** The API key of Produce, in its two bytes at the start of a frame. */
const isProduce = (frame: Uint8Array): boolean => frame.length >= 2 && frame[0] === 0 && frame[1] === 0

export interface RequestSinkOptions {
  readonly pipeline: Pipeline
  readonly logger: Logger
  /** Requests wait for it: a broker that has not opened its logs can answer nobody. */
  readonly ready: Promise<void>
}

/** Requests of one broker. Consecutive Produce requests overlap, so that one flush serves many; they append in the order they came. */
export function requestSink({ pipeline, logger, ready }: RequestSinkOptions): RequestSink {
  const origins = new WeakMap<Channel, Origin>()
  let isReady = false
  ready.then(
    () => (isReady = true),
    () => {}, // the start failed and whoever started says why; connections are closed with the server
  )
  return {
    mayOverlap: isProduce,
    receive(request) {
      if (isReady) answer(request)
      else
        ready.then(
          () => answer(request),
          () => request.channel.close('the broker could not start'),
        )
    },
  }

  function answer(request: Request): void {
    try {
      const outcome = pipeline.answer(request.bytes, originOf(request.channel), request.receivedAt)
      if (!(outcome instanceof Promise)) return give(request, outcome)
      outcome.then(
        (answered) => give(request, answered),
        (thrown) => refuse(request, thrown),
      )
    } catch (thrown) {
      refuse(request, thrown)
    }
  }

  function give(request: Request, { chunks, sent }: Outcome): void {
    request.answer(chunks, sent)
    if (isProduce(request.bytes)) request.release() // a log has copied what it took
  }

  // What is no request, or cannot be answered, ends the connection without a word, as Kafka does; the network room logs why.
  function refuse(request: Request, thrown: unknown): void {
    const { channel } = request
    if (!(thrown instanceof MalformedBytes)) {
      const kind = thrown instanceof AssertionFailed ? 'a promise of our own code was broken' : 'an answer could not be made'
      logger.error(kind, { from: `${channel.remote.host}:${channel.remote.port}`, error: thrown })
    }
    channel.close(thrown instanceof Error ? thrown.message : String(thrown))
    request.answer(null)
  }

  function originOf(channel: Channel): Origin {
    let origin = origins.get(channel)
    if (!origin) {
      origin = {
        id: channel.id,
        listener: channel.listener,
        clientHost: `/${channel.remote.host}`,
        get gone() {
          return channel.gone
        },
        disconnect: (why) => channel.close(why),
      }
      origins.set(channel, origin)
    }
    return origin
  }
}
