// InitProducerId (API 22): an id for an idempotent producer (KIP-98). Transactional ids wait for the transaction coordinator.

import { api } from '../../protocol/api.ts'
import { KafkaError } from '../../protocol/errors.ts'
import type { InitProducerIdRequest, InitProducerIdResponse } from '../../protocol/messages/init-producer-id.ts'
import { CLUSTER, type Handler } from '../handler.ts'
import type { ProducerIds } from '../producer-ids.ts'

export function initProducerId({
  producerIds,
}: {
  producerIds: ProducerIds
}): Handler<InitProducerIdRequest, InitProducerIdResponse> {
  return {
    api: api('InitProducerId'),

    async handle({ transactionalId, producerId, producerEpoch }, context) {
      if (transactionalId === '') throw new KafkaError('INVALID_REQUEST', 'the transactional id is empty')
      if (producerId < 0 !== producerEpoch < 0)
        throw new KafkaError('INVALID_REQUEST', 'producer id and epoch come together or not at all')
      if (transactionalId !== null)
        throw new KafkaError('UNSUPPORTED_VERSION', 'transactions are not supported yet; see docs/limits.md')
      if (!context.may('IdempotentWrite', CLUSTER)) throw new KafkaError('CLUSTER_AUTHORIZATION_FAILED')
      return { errorCode: 0, producerId: await producerIds.next(), producerEpoch: 0 }
    },

    refuse: (_, error) => ({ errorCode: error.code, producerId: -1, producerEpoch: -1 }),
  }
}
