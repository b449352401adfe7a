// Registration of brokers, their fence, and their leave.

import { type Decision, decide } from '../../machine/machine.ts'
import { KafkaError } from '../../protocol/errors.ts'
import type { BrokerImage } from '../image.ts'
import { brokerChange, type MetadataRecord, partitionChange, type RecordOf, record } from '../records.ts'
import type { Controller } from './controller.ts'
import { brokerLeaves, brokerReturns, CHANGES_AT_ONCE } from './membership.ts'

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
}

export interface BrokerEpoch {
  readonly brokerId: number
  readonly brokerEpoch: number
}

/**
 * Registers a broker, fenced; answers its epoch, the offset of the registration's batch. It is -1 while there is more of its last life to be
 * put in order than one decision may change: then it is to be asked again. Throws DUPLICATE_BROKER_REGISTRATION while another
 * process with the same id is alive, UNSUPPORTED_VERSION where it cannot speak a finalised feature, INVALID_REQUEST for a broker without
 * listeners.
 */
export function registerBroker(
  controller: Controller,
  request: Registration,
  now: number,
): Decision<MetadataRecord, { brokerEpoch: number }> {
  const { image, sessions, settings } = controller
  const existing = image.brokers.get(request.brokerId)
  refuseDuplicate(controller, request, existing, now)
  if (request.listeners.length === 0) throw new KafkaError('INVALID_REQUEST', `broker ${request.brokerId} names no listener`)
  requireFeatures(controller, request)
  const isSameProcess = existing?.incarnationId === request.incarnationId
  const wasClean = existing !== undefined && existing.epoch === request.previousBrokerEpoch
  const departures = isSameProcess || !existing ? [] : brokerLeaves(controller, existing.id, !wasClean)
  if (departures.length === CHANGES_AT_ONCE) return decide({ brokerEpoch: -1 }, departures)
  const brokerEpoch = isSameProcess ? existing.epoch : settings.nextOffset()
  sessions.forget(request.brokerId)
  sessions.heard(request.brokerId, now)
  return decide({ brokerEpoch }, [
    ...departures,
    registrationRecord(request, brokerEpoch, isSameProcess ? existing.fenced : true),
  ])
}

function registrationRecord(request: Registration, brokerEpoch: number, fenced: boolean): MetadataRecord {
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
    inControlledShutdown: false,
    logDirs: [...logDirs].sort(),
  }
  return record('RegisterBrokerRecord', value)
}

function refuseDuplicate(
  { sessions, settings }: Controller,
  request: Registration,
  existing: BrokerImage | undefined,
  now: number,
): void {
  const { sessionTimeoutMs } = settings
  if (!existing || existing.incarnationId === request.incarnationId || existing.inControlledShutdown) return
  if (sessionTimeoutMs === null || existing.fenced || !sessions.isValid(existing.id, now, sessionTimeoutMs)) return
  throw new KafkaError(
    'DUPLICATE_BROKER_REGISTRATION',
    `another process is registered as broker ${existing.id} and was heard of within the last ${sessionTimeoutMs} ms`,
  )
}

function requireFeatures({ image }: Controller, { brokerId, features }: Registration): void {
  for (const [name, level] of image.features) {
    const supported = features.find((feature) => feature.name === name)
    if (supported && level >= supported.minSupportedVersion && level <= supported.maxSupportedVersion) continue
    const range = supported ? `${supported.minSupportedVersion} to ${supported.maxSupportedVersion}` : 'nothing of it'
    throw new KafkaError('UNSUPPORTED_VERSION', `the cluster has ${name} at level ${level}; broker ${brokerId} supports ${range}`)
  }
}

/** The broker with this id and epoch. Throws BROKER_ID_NOT_REGISTERED or STALE_BROKER_EPOCH. */
export function requireBroker({ image }: Controller, { brokerId, brokerEpoch }: BrokerEpoch): BrokerImage {
  const broker = image.brokers.get(brokerId)
  if (!broker) throw new KafkaError('BROKER_ID_NOT_REGISTERED', `broker ${brokerId} is not registered`)
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

const decided = ({ isDone, records }: Step): Decision<MetadataRecord, Progress> => decide({ isDone }, records)

/** The broker serves from now on, and leads where it may and nobody does. */
export function unfenceBroker(controller: Controller, request: BrokerEpoch): Decision<MetadataRecord, Progress> {
  return decided(stepIn(controller, requireBroker(controller, request)))
}

export function stepIn(controller: Controller, broker: BrokerImage): Step {
  const first = broker.fenced ? [brokerChange(broker, { fenced: -1 })] : []
  return step({ first }, brokerReturns(controller, broker.id))
}

/** The broker serves no longer: what it led is led by others, or by nobody. It is fenced with the last of its partitions. */
export function fenceBroker(controller: Controller, request: BrokerEpoch): Decision<MetadataRecord, Progress> {
  return decided(stepOut(controller, requireBroker(controller, request)))
}

export function stepOut(controller: Controller, broker: BrokerImage): Step {
  if (broker.fenced) return NOTHING
  return step({ last: [brokerChange(broker, { fenced: 1 })] }, brokerLeaves(controller, broker.id, false))
}

/** The first step of a clean stop: the broker gives away what it leads. It is fenced when all have seen that. */
export function controlledShutdown(controller: Controller, request: BrokerEpoch): Decision<MetadataRecord, Progress> {
  return decided(handOver(controller, requireBroker(controller, request)))
}

export function handOver(controller: Controller, broker: BrokerImage): Step {
  if (broker.fenced) return NOTHING
  const first = broker.inControlledShutdown ? [] : [brokerChange(broker, { inControlledShutdown: 1 })]
  return step({ first }, brokerLeaves(controller, broker.id, false))
}

/** Forgets a broker for good, with the last of its partitions. Throws BROKER_ID_NOT_REGISTERED. */
export function unregisterBroker(
  controller: Controller,
  { brokerId }: { readonly brokerId: number },
): Decision<MetadataRecord, Progress> {
  const broker = controller.image.brokers.get(brokerId)
  if (!broker) throw new KafkaError('BROKER_ID_NOT_REGISTERED', `Broker ID ${brokerId} is not currently registered`)
  const gone = record('UnregisterBrokerRecord', { brokerId, brokerEpoch: broker.epoch })
  const decision = step({ last: [gone] }, brokerLeaves(controller, brokerId, false))
  if (decision.isDone) controller.sessions.forget(brokerId)
  return decided(decision)
}

/** Which log directory of a broker holds which replicas (KIP-858). Throws as `requireBroker`. */
export function assignDirectories(
  controller: Controller,
  request: BrokerEpoch & {
    readonly assignments: readonly { readonly topicId: string; readonly partition: number; readonly directoryId: string }[]
  },
): Decision<MetadataRecord, void> {
  const { id } = requireBroker(controller, request)
  const records = request.assignments.flatMap(({ topicId, partition: index, directoryId }) => {
    const partition = controller.image.topicsById.get(topicId)?.partitions[index]
    const place = partition?.replicas.indexOf(id) ?? -1
    if (!partition || place < 0 || partition.directories[place] === directoryId) return []
    const directories = partition.directories.map((directory, at) => (at === place ? directoryId : directory))
    return [partitionChange(topicId, index, { directories })]
  })
  return decide<MetadataRecord, void>(undefined, records)
}
