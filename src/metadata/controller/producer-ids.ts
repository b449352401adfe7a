// Blocks of producer ids, handed out to brokers and never twice.

import { type Decision, decide } from '../../machine/machine.ts'
import { KafkaError } from '../../protocol/errors.ts'
import { type MetadataRecord, record } from '../records.ts'
import { type BrokerEpoch, requireBroker } from './brokers.ts'
import type { Controller } from './controller.ts'

export const PRODUCER_ID_BLOCK_SIZE = 1000

export interface ProducerIdBlock {
  readonly producerIdStart: number
  readonly producerIdLen: number
}

/** Throws BROKER_ID_NOT_REGISTERED or STALE_BROKER_EPOCH. */
export function allocateProducerIds(controller: Controller, request: BrokerEpoch): Decision<MetadataRecord, ProducerIdBlock> {
  const { brokerId, brokerEpoch } = request
  requireBroker(controller, request)
  const producerIdStart = controller.image.nextProducerId
  const nextProducerId = producerIdStart + PRODUCER_ID_BLOCK_SIZE
  if (!Number.isSafeInteger(nextProducerId))
    throw new KafkaError('UNKNOWN_SERVER_ERROR', `no producer ids are left above ${producerIdStart}`)
  return decide({ producerIdStart, producerIdLen: PRODUCER_ID_BLOCK_SIZE }, [
    record('ProducerIdsRecord', { brokerId, brokerEpoch, nextProducerId }),
  ])
}
