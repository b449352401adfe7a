// Registration of brokers, their fence, and their leave.

import { type Decision, decide } from '../../machine/machine.ts'
import { KafkaError } from '../../protocol/errors.ts'
import type { BrokerImage } from '../image.ts'
import { brokerChange, type MetadataRecord, type RecordOf, record } from '../records.ts'
import type { Controller } from './controller.ts'
import { brokerLeaves, brokerReturns, CHANGES_AT_ONCE, directoriesFail } from './membership.ts'
import { refuseDuplicate, requireRegistrable } from './registration-checks.ts'

/** The parts of BrokerRegistrationRequest that count. */
export interface Registration {
  readonly brokerId: number
  /** New with every start of the process. */
  readonly incarnationId: string
  readonly listeners: readonly {
    readonly name: string
    readonly host: string
    readonly port: number
    readonly securityProtocol: number
  }[]
  readonly features: readonly {
    readonly name: string
    readonly minSupportedVersion: number
    readonly maxSupportedVersion: number
  }[]
  readonly rack: string | null
  /** Directory ids. */
  readonly logDirs: readonly string[]
  /** What the clean-shutdown marker held; -1 where there was none. Another epoch than the last one means an unclean stop. */
  readonly previousBrokerEpoch: number
  readonly isMigratingZkBroker?: boolean
}

export interface BrokerEpoch {
  readonly brokerId: number
  readonly brokerEpoch: number
}

/**
 * Registers a broker, fenced; answers its epoch, the offset of the registration's batch. It is -1 while there is more of its last life to be
 * put in order than one decision may change: then it is to be asked again. A process that is registered already amends its registration and keeps
 * its epoch. Throws DUPLICATE_BROKER_REGISTRATION while another process with the same id is alive, and as `requireRegistrable`.
 * @param endedEpoch the broker epoch of a process that has ended, whatever its session says (decision 12)
 */
export function registerBroker(
  controller: Controller,
  request: Registration,
  now: number,
  endedEpoch: number | null = null,
): Decision<MetadataRecord, { brokerEpoch: number }> {
  const { image, sessions, settings } = controller
  const existing = image.brokers.get(request.brokerId)
  refuseDuplicate(controller, request, now, endedEpoch)
  requireRegistrable(controller, request)
  if (existing?.incarnationId === request.incarnationId) {
    sessions.heard(existing.id, now)
    return decide({ brokerEpoch: existing.epoch }, [registrationRecord(request, existing.epoch, existing)])
  }
  // One that was unregistered meanwhile cannot prove a clean stop either.
  const wasClean = existing?.epoch === request.previousBrokerEpoch
  const departures = brokerLeaves(controller, request.brokerId, !wasClean)
  if (departures.length >= CHANGES_AT_ONCE) return decide({ brokerEpoch: -1 }, departures)
  const brokerEpoch = settings.nextOffset()
  sessions.forget(request.brokerId)
  sessions.heard(request.brokerId, now)
  return decide({ brokerEpoch }, [...departures, registrationRecord(request, brokerEpoch, FRESH)])
}

type LifeState = Pick<BrokerImage, 'fenced' | 'inControlledShutdown'>
const FRESH: LifeState = { fenced: true, inControlledShutdown: false }

function registrationRecord(
  request: Registration,
  brokerEpoch: number,
  { fenced, inControlledShutdown }: LifeState,
): MetadataRecord {
  const { brokerId, incarnationId, listeners, features, rack, logDirs } = request
  const value: RecordOf<'RegisterBrokerRecord'> = {
    brokerId,
    isMigratingZkBroker: false,
    incarnationId,
    brokerEpoch,
    endPoints: listeners.map(({ name, host, port, securityProtocol }) => ({ name, host, port, securityProtocol })),
    features: features.map(({ name, minSupportedVersion, maxSupportedVersion }) => ({
      name,
      minSupportedVersion,
      maxSupportedVersion,
    })),
    rack,
    fenced,
    inControlledShutdown,
    logDirs: [...logDirs].sort(),
  }
  return record('RegisterBrokerRecord', value)
}

/** The broker with this id and epoch. Throws STALE_BROKER_EPOCH, also where none is registered. */
export function requireBroker({ image }: Controller, { brokerId, brokerEpoch }: BrokerEpoch): BrokerImage {
  const broker = image.brokers.get(brokerId)
  if (!broker) throw new KafkaError('STALE_BROKER_EPOCH', `broker ${brokerId} is not registered`)
  if (broker.epoch === brokerEpoch) return broker
  throw new KafkaError('STALE_BROKER_EPOCH', `broker ${brokerId} is registered with epoch ${broker.epoch}, not ${brokerEpoch}`)
}

/** Whether all was decided; else the same is to be asked again. */
export interface Progress {
  readonly isDone: boolean
}

/** What one decision writes of a broker's coming or going. */
export interface Step extends Progress {
  readonly records: MetadataRecord[]
}

const NOTHING: Step = { isDone: true, records: [] }

/** What is said `first` holds while its partitions change, what is said `last` only once all of them have. */
function step({ first = [], last = [] }: { first?: MetadataRecord[]; last?: MetadataRecord[] }, changes: MetadataRecord[]): Step {
  const isDone = changes.length < CHANGES_AT_ONCE
  return { isDone, records: [...first, ...changes, ...(isDone ? last : [])] }
}

/** The broker serves from now on, and leads where it may and nobody does. */
export function stepIn(controller: Controller, broker: BrokerImage): Step {
  const first = broker.fenced ? [brokerChange(broker, { fenced: -1 })] : []
  return step({ first }, brokerReturns(controller, broker.id))
}

/** The broker serves no longer: what it led is led by others, or by nobody. It is fenced with the last of its partitions. */
export function stepOut(controller: Controller, broker: BrokerImage): Step {
  if (broker.fenced) return NOTHING
  const out = step({ last: [brokerChange(broker, { fenced: 1 })] }, brokerLeaves(controller, broker.id, false))
  if (out.isDone) controller.sessions.noteFenced(broker.id, controller.settings.nextOffset() + out.records.length - 1)
  return out
}

/** The first step of a clean stop: the broker gives away what it leads. It is fenced when all have seen that. */
export function handOver(controller: Controller, broker: BrokerImage): Step {
  if (broker.fenced) return NOTHING
  const first = broker.inControlledShutdown ? [] : [brokerChange(broker, { inControlledShutdown: 1 })]
  return step({ first }, brokerLeaves(controller, broker.id, false))
}

/** Log directories of a broker do not work any more: what lies there leaves the ISR, and they are named as gone with the last of it. */
export function loseDirectories(controller: Controller, broker: BrokerImage, offline: readonly string[]): Step {
  const failed = broker.logDirs.filter((id) => offline.includes(id))
  if (failed.length === 0) return NOTHING
  const left = broker.logDirs.filter((id) => !failed.includes(id))
  // A registration cannot say that no directory is left; such a broker stops.
  const last = left.length > 0 ? [brokerChange(broker, { logDirs: left })] : []
  return step({ last }, directoriesFail(controller, broker.id, failed))
}

/** Forgets a broker for good, with the last of its partitions. Throws BROKER_ID_NOT_REGISTERED. */
export function unregisterBroker(
  controller: Controller,
  { brokerId }: { readonly brokerId: number },
): Decision<MetadataRecord, Progress> {
  const broker = controller.image.brokers.get(brokerId)
  if (!broker) throw new KafkaError('BROKER_ID_NOT_REGISTERED', `Broker ID ${brokerId} is not currently registered`)
  const gone = record('UnregisterBrokerRecord', { brokerId, brokerEpoch: broker.epoch })
  const { isDone, records } = step({ last: [gone] }, brokerLeaves(controller, brokerId, false))
  if (isDone) controller.sessions.forget(brokerId)
  return decide({ isDone }, records)
}
