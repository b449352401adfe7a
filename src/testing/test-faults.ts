// Plans what a test lets go wrong, and takes it back.

import { type Duration, durationMs } from '../base/duration.ts'
import { suggest } from '../config/suggest.ts'
import type { Clock } from '../platform/clock.ts'
import { type ApiName, apis } from '../protocol/api.ts'
import { type ErrorName, errors } from '../protocol/errors.ts'
import type { DiskFaults } from './disk-faults.ts'
import { type Fault, PlannedFault } from './fault.ts'
import type { DropOptions, Faults, FsyncOptions, RequestScope, SeenRequest, SlowDiskOptions } from './faults.ts'
import { delayAnswer, dropAnswer, dropRequest, keepSilent, RequestFaults, type RequestPlan, refuse } from './request-faults.ts'

/** What faults know of the brokers. */
export interface FaultRooms {
  /** The brokers'. */
  readonly clock: Clock
  /** The test's own, by which it waits. */
  readonly real: Clock
  readonly ids: readonly number[]
  readonly disk: (id: number) => DiskFaults
  readonly cut: (id: number) => number
}

export class TestFaults implements Faults {
  readonly requests = new RequestFaults()
  readonly #rooms: FaultRooms
  readonly #planned = new Set<PlannedFault>()

  constructor(rooms: FaultRooms) {
    this.#rooms = rooms
  }

  dropNextAnswer(api: ApiName, { connection = 'cut', ...scope }: DropOptions = {}): Fault {
    if (connection !== 'cut' && connection !== 'silent')
      throw new TypeError(`connection=${String(connection)} is not valid; allowed: cut, silent`)
    return this.#request(api, `drop the answer of ${api}`, scope, connection === 'cut' ? dropAnswer : keepSilent)
  }

  dropNextRequest(api: ApiName, scope: RequestScope = {}): Fault {
    return this.#request(api, `drop the request ${api}`, scope, dropRequest)
  }

  answerNext(api: ApiName, error: ErrorName, scope: RequestScope = {}): Fault {
    checkName(
      'error',
      error,
      errors.map(({ name }) => name),
    )
    return this.#request(api, `answer ${api} with ${error}`, scope, refuse(error))
  }

  delayNextAnswer(api: ApiName, by: Duration, scope: RequestScope = {}): Fault {
    return this.#request(api, `delay the answer of ${api}`, scope, delayAnswer(durationMs(by), this.#rooms.clock))
  }

  #request(api: ApiName, what: string, { times = 1, broker, clientId, where }: RequestScope, act: RequestPlan['act']): Fault {
    checkName(
      'API',
      api,
      apis.filter(({ listeners }) => listeners.includes('broker')).map(({ name }) => name),
    )
    this.#brokers(broker)
    const fault = this.#plan(what, times)
    const matches = (request: SeenRequest) =>
      (broker === undefined || request.broker === broker) &&
      (clientId === undefined || request.clientId === clientId) &&
      (where === undefined || where(request))
    this.requests.add({ api, fault, matches, act })
    return fault
  }

  failFsync({ times = 1, broker, topic }: FsyncOptions = {}): Fault {
    const ids = this.#brokers(broker)
    const fault = this.#plan('fail an fsync', times)
    for (const id of ids) this.#rooms.disk(id).failFlush({ fault, topic })
    return fault
  }

  slowDisk(by: Duration, { broker, topic, only }: SlowDiskOptions = {}): Fault {
    if (only !== undefined && only !== 'fsync') throw new TypeError(`only=${String(only)} is not valid; allowed: fsync`)
    const ids = this.#brokers(broker)
    const ms = durationMs(by)
    const fault = this.#plan('slow the disk', Number.POSITIVE_INFINITY)
    for (const id of ids) this.#rooms.disk(id).slow({ fault, ms, topic, only })
    return fault
  }

  cutConnections({ broker }: { readonly broker?: number } = {}): number {
    return this.#brokers(broker).reduce((sum, id) => sum + this.#rooms.cut(id), 0)
  }

  clear(): void {
    for (const fault of [...this.#planned]) fault.undo()
  }

  #plan(what: string, times: number): PlannedFault {
    const { real, ids, disk } = this.#rooms
    const onUndo = (fault: PlannedFault) => {
      this.#planned.delete(fault)
      this.requests.forget(fault)
      for (const id of ids) disk(id).forget(fault)
    }
    const fault = new PlannedFault({ what, times, clock: real, onUndo })
    this.#planned.add(fault)
    return fault
  }

  #brokers(broker: number | undefined): readonly number[] {
    const { ids } = this.#rooms
    if (broker === undefined) return ids
    if (!ids.includes(broker)) throw new RangeError(`there is no broker ${broker} here; allowed: ${ids.join(', ')}`)
    return [broker]
  }
}

/** A name that nothing has would wait for something that never comes. */
function checkName(kind: string, name: string, names: readonly string[]): void {
  if (names.includes(name)) return
  const near = suggest(name, names)
  throw new TypeError(`${name} is no ${kind} of Kafka's that a client meets${near ? `; did you mean ${near}?` : ''}`)
}
