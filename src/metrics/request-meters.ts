// What is counted of every request: how many of each API and version, how long they took, how large they were, how they ended. The hot path
// runs through here: numbers in arrays, and no object per request.

import { Histogram } from '../base/histogram.ts'
import type { Clock } from '../platform/clock.ts'
import type { Windows } from './window.ts'

/** API versions, and error codes from -1 on, that have a counter of their own; the last one takes what lies beyond. */
const VERSIONS = 32
const CODES = 160
const METERS = 128
/** Kafka tells the two sides of Fetch apart as well; beyond all API keys. */
export const FETCH_CONSUMER = METERS - 2
export const FETCH_FOLLOWER = METERS - 1
const SIDES: Readonly<Record<number, string>> = { [FETCH_CONSUMER]: 'FetchConsumer', [FETCH_FOLLOWER]: 'FetchFollower' }
const NO_SIDE = -1

/** What a request carries with it while it is measured, in milliseconds of the monotonic clock; -1 for what has not happened. */
export interface Measured {
  readonly header: { readonly apiKey: number; readonly apiVersion: number }
  /** Of its frame, the length included. */
  readonly sizeInBytes: number
  began: number
  /** Before its turn came. */
  waitedMs: number
  answeredAt: number
  /** Which side of Fetch it is; -1 for all else. */
  side: number
}

/** Of one API. Times are in microseconds. */
export class ApiMeter {
  readonly name: string
  readonly versions = new Float64Array(VERSIONS)
  /** By error code, from -1 on. */
  readonly errors = new Float64Array(CODES)
  /** From the last byte of the request to the last byte of its answer given to the operating system. */
  readonly total = new Histogram()
  /** Until its turn came. */
  readonly queued = new Histogram()
  /** From the answer to its last byte given to the operating system. */
  readonly sending = new Histogram()
  readonly sizes = new Histogram()

  constructor(name: string, windows: Windows) {
    this.name = name
    for (const { counts } of [this.total, this.queued, this.sending, this.sizes]) windows.follow(counts)
  }

  get requests(): number {
    return this.versions.reduce((sum, count) => sum + count, 0)
  }
}

export class RequestMeters {
  readonly #clock: Clock
  readonly #windows: Windows
  readonly #meters: (ApiMeter | null)[] = new Array<ApiMeter | null>(METERS).fill(null)
  /** Requests that were begun and not answered; answers that the operating system has not taken. */
  underWay = 0
  leaving = 0

  constructor(clock: Clock, windows: Windows) {
    this.#clock = clock
    this.#windows = windows
  }

  /** A request is taken up. @param receivedAt when its last byte came, by the wall clock */
  begin(its: Measured, receivedAt: number): void {
    this.underWay++
    its.began = this.#clock.monotonic()
    its.waitedMs = this.#clock.now() - receivedAt
    its.side = NO_SIDE
  }

  /** It has its answer; one without is answered, too (acks=0). */
  answered(its: Measured, name: string): void {
    const { apiKey } = its.header
    this.underWay--
    this.leaving++
    its.answeredAt = this.#clock.monotonic()
    this.#count(its, this.#meters[apiKey] ?? this.#make(apiKey, name))
    if (its.side !== NO_SIDE) this.#count(its, this.#meters[its.side] ?? this.#make(its.side, SIDES[its.side]!))
  }

  #count({ header, sizeInBytes, waitedMs }: Measured, meter: ApiMeter): void {
    meter.versions[header.apiVersion < VERSIONS ? header.apiVersion : VERSIONS - 1]!++
    meter.sizes.record(sizeInBytes)
    meter.queued.record(waitedMs * 1000)
  }

  /** The operating system has the answer, or nobody wants it any more; also where there is none and the connection was closed instead. */
  sent(its: Measured): void {
    if (its.began < 0) return
    if (its.answeredAt < 0) return void this.underWay--
    this.leaving--
    const now = this.#clock.monotonic()
    this.#took(its, its.header.apiKey, now)
    if (its.side !== NO_SIDE) this.#took(its, its.side, now)
  }

  #took({ began, waitedMs, answeredAt }: Measured, key: number, now: number): void {
    const meter = this.#meters[key]
    if (!meter) return
    meter.total.record((now - began + waitedMs) * 1000)
    meter.sending.record((now - answeredAt) * 1000)
  }

  /** How a request, or one item of it, ended; 0 is NONE. Counted once its API was answered for the first time. */
  ended(apiKey: number, errorCode: number): void {
    const meter = this.#meters[apiKey]
    if (meter) meter.errors[errorCode + 1 < CODES ? errorCode + 1 : CODES - 1]!++
  }

  /** Of every API that was asked for. */
  *all(): Generator<ApiMeter> {
    for (const meter of this.#meters) if (meter) yield meter
  }

  #make(key: number, name: string): ApiMeter {
    return (this.#meters[key] = new ApiMeter(name, this.#windows))
  }
}
