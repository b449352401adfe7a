// Heartbeats: how a broker shows that it lives, becomes active, and asks to leave (KIP-631).

import { type Decision, decide, type Effect } from '../../machine/machine.ts'
import type { BrokerImage } from '../image.ts'
import type { MetadataRecord } from '../records.ts'
import { type BrokerEpoch, handOver, loseDirectories, type Progress, requireBroker, stepIn, stepOut } from './brokers.ts'
import type { Controller } from './controller.ts'

export interface Heartbeat extends BrokerEpoch {
  /** The last offset of the metadata log that the broker has applied. */
  readonly currentMetadataOffset: number
  readonly wantFence: boolean
  readonly wantShutDown: boolean
  /** All of the broker's log directories that do not work, by id. */
  readonly offlineLogDirs?: readonly string[]
}

/** Leaders for what did not fit into the decision that let a broker in: the controller goes on by itself, whether the broker says more or not. */
export const ONLINE_SOON: Effect = { kind: 'timer', key: 'online', afterMs: 0 }

export interface HeartbeatAnswer {
  readonly isCaughtUp: boolean
  readonly isFenced: boolean
  readonly shouldShutDown: boolean
}

/**
 * What would change more partitions than one decision may is done in the heartbeats that follow; the answer says how far it is.
 * Throws STALE_BROKER_EPOCH.
 */
export function heartbeat(controller: Controller, request: Heartbeat, now: number): Decision<MetadataRecord, HeartbeatAnswer> {
  const broker = requireBroker(controller, request)
  controller.sessions.heard(broker.id, now, request.currentMetadataOffset)
  const isCaughtUp = request.currentMetadataOffset >= broker.epoch
  const stays = { isCaughtUp, isFenced: broker.fenced, shouldShutDown: false }
  const lost = loseDirectories(controller, broker, request.offlineLogDirs ?? [])
  // First these alone: what follows from the rest hangs on them.
  if (lost.records.length > 0) return decide(stays, lost.records)
  if (request.wantShutDown) return leave(controller, broker, request.wantFence, isCaughtUp)
  if (request.wantFence) {
    const { isDone, records } = stepOut(controller, broker)
    return decide({ ...stays, isFenced: isDone }, records)
  }
  // One that slept believes in what it led until it has read that it does no more.
  if (broker.fenced && !(isCaughtUp && controller.sessions.hasSeenItsFence(broker.id))) return decide(stays)
  if (broker.inControlledShutdown) return decide({ ...stays, isFenced: false })
  const { isDone, records } = stepIn(controller, broker)
  return decide({ ...stays, isFenced: false }, records, isDone ? [] : [ONLINE_SOON])
}

/**
 * A broker may go once every other active broker has seen that its partitions are led elsewhere; one that leads nothing, or insists (`atOnce`),
 * as soon as it is fenced.
 */
function leave(
  controller: Controller,
  broker: BrokerImage,
  atOnce: boolean,
  isCaughtUp: boolean,
): Decision<MetadataRecord, HeartbeatAnswer> {
  const goes = () => {
    const { isDone, records } = stepOut(controller, broker)
    return decide({ isCaughtUp, isFenced: isDone, shouldShutDown: isDone }, records)
  }
  if (broker.fenced || atOnce) return goes()
  if (!broker.inControlledShutdown && !leadsAny(controller, broker.id)) return goes()
  const { isDone, records } = handOver(controller, broker)
  const moved = controller.settings.nextOffset() + records.length - 1
  controller.sessions.noteShutdown(broker.id, moved, records.length > 0)
  if (isDone && records.length === 0 && othersHaveSeen(controller, broker.id)) return goes()
  return decide({ isCaughtUp, isFenced: false, shouldShutDown: false }, records)
}

function leadsAny({ image }: Controller, id: number): boolean {
  for (const { partitions } of image.topics.values()) if (partitions.some(({ leader }) => leader === id)) return true
  return false
}

function othersHaveSeen({ image, sessions }: Controller, id: number): boolean {
  const offset = sessions.shutdownOffset(id) ?? -1
  for (const other of image.brokers.values()) {
    if (other.id === id || other.fenced || other.inControlledShutdown) continue
    if ((sessions.get(other.id)?.metadataOffset ?? -1) < offset) return false
  }
  return true
}

/** The look at the sessions that comes next is to be at once. */
const LOOK_NOW: Effect = { kind: 'timer', key: 'sessions', afterMs: 0 }

/**
 * The process of that broker has ended: its session is over before its time, and a new process of it need not wait for that. What one decision cannot
 * change follows by itself, unless the broker is heard of meanwhile. Nothing happens to another life of the broker.
 */
export function endSession(controller: Controller, { brokerId, brokerEpoch }: BrokerEpoch): Decision<MetadataRecord, void> {
  const broker = controller.image.brokers.get(brokerId)
  if (broker?.epoch !== brokerEpoch || broker.fenced || controller.settings.sessionTimeoutMs === null) return decide(undefined)
  controller.sessions.forget(brokerId)
  const { isDone, records } = stepOut(controller, broker)
  return decide(undefined, records, isDone ? [] : [LOOK_NOW])
}

/** Fences the brokers that were not heard of for longer than the session timeout; where that is not done at once, it is to be asked again. */
export function fenceExpired(controller: Controller, now: number): Decision<MetadataRecord, Progress> {
  const { image, sessions, settings } = controller
  const { sessionTimeoutMs } = settings
  if (sessionTimeoutMs === null) return decide({ isDone: true })
  const expired = [...image.brokers.values()].find(({ id, fenced }) => !fenced && !sessions.isValid(id, now, sessionTimeoutMs))
  // One at a time: who leads next depends on who is left, and the next look comes soon.
  const { isDone, records } = expired ? stepOut(controller, expired) : { isDone: true, records: [] }
  return decide({ isDone }, records)
}
