// Records in __transaction_state.

import { array, type Infer, int8, int16, int32, int64, message, nullable, string, tagged } from '../../schema.ts'

export const TransactionLogKey = message({
  name: 'TransactionLogKey',
  apiKey: 0,
  versions: '0',
  fields: { transactionalId: string() },
})
export type TransactionLogKey = Infer<typeof TransactionLogKey>

export const TransactionLogValue = message({
  name: 'TransactionLogValue',
  apiKey: 0,
  versions: '0-1',
  flexible: '1+',
  fields: {
    producerId: int64(),
    previousProducerId: tagged(0, int64({ versions: '1+', initial: -1 })),
    nextProducerId: tagged(1, int64({ versions: '1+', initial: -1 })),
    producerEpoch: int16(),
    nextProducerEpoch: tagged(3, int16({ versions: '1+', initial: -1 })),
    transactionTimeoutMs: int32(),
    transactionStatus: int8(),
    transactionPartitions: nullable(array({ topic: string(), partitionIds: array(int32()) }), { initiallyNull: false }),
    transactionLastUpdateTimestampMs: int64(),
    transactionStartTimestampMs: int64(),
    clientTransactionVersion: tagged(2, int16({ versions: '1+' })),
  },
})
export type TransactionLogValue = Infer<typeof TransactionLogValue>
