// What a test may let go wrong.

import type { Duration } from '../base/duration.ts'
import type { ApiName } from '../protocol/api.ts'
import type { ErrorName } from '../protocol/errors.ts'
import type { Fault } from './fault.ts'

/** A request, as a test looks at it. */
export interface SeenRequest {
  readonly api: ApiName
  readonly version: number
  readonly clientId: string | null
  /** The id of the broker that it came to. */
  readonly broker: number
  /** As Kafka's message tables have it: `topicData` of a Produce, and so on. */
  readonly body: Readonly<Record<string, unknown>>
}

export interface RequestScope {
  /** How many requests it happens to; default 1, Infinity for all until it is undone. */
  readonly times?: number
  /** Only those that come to this broker. */
  readonly broker?: number
  /** Only those of clients that call themselves so. */
  readonly clientId?: string
  /** Only those that it says yes to. */
  readonly where?: (request: SeenRequest) => boolean
}

export interface DropOptions extends RequestScope {
  /** `cut` (the default): it breaks, and the client knows. `silent`: it stays, and nothing comes over it until the client gives up. */
  readonly connection?: 'cut' | 'silent'
}

/** Which files a fault is about. */
export interface DiskScope {
  /** Those of this topic's partitions; missing: of all topics. The metadata log is none of them. */
  readonly topic?: string | undefined
}

export interface DiskOptions extends DiskScope {
  /** Only this broker's; default: all brokers'. */
  readonly broker?: number
}

export interface SlowDiskOptions extends DiskOptions {
  /** Writes are as quick as ever, and what they wrote is on the device so much later. */
  readonly only?: 'fsync' | undefined
}

export interface FsyncOptions extends DiskOptions {
  /** How many fail; default 1. */
  readonly times?: number
}

/** Requests of followers and controllers are never meant: only those of clients. */
export interface Faults {
  /** The next request of this API is carried out, and its answer never comes. */
  dropNextAnswer(api: ApiName, options?: DropOptions): Fault
  /** The connection breaks when the next request of this API has come; the request is not carried out. */
  dropNextRequest(api: ApiName, options?: RequestScope): Fault
  /** The next request of this API is not carried out, and answered with this error in every place where the answer has room for one. */
  answerNext(api: ApiName, error: ErrorName, options?: RequestScope): Fault
  /** The next request of this API is carried out, and its answer comes so much later, by the brokers' time. */
  delayNextAnswer(api: ApiName, by: Duration, options?: RequestScope): Fault
  /** The next flush of a partition's files fails. As with a real one, the broker takes the directory offline, which is its only one: see `failed`. */
  failFsync(options?: FsyncOptions): Fault
  /** Every write and flush of partitions' files takes so long, by the brokers' time, until it is undone. */
  slowDisk(by: Duration, options?: SlowDiskOptions): Fault
  /** Cuts all connections that clients and other brokers have to this broker, or to all of them; gives their number. */
  cutConnections(options?: { readonly broker?: number }): number
  /** Undoes all that was let go wrong. */
  clear(): void
}
