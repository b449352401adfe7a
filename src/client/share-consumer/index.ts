// The share consumer, as programs import it.

export type { AcknowledgeType } from './acknowledgements.ts'
export type { RecordPlace } from './hands.ts'
export type { ShareConsumerConfig } from './settings.ts'
export type { AcknowledgedOffsets } from './share-answers.ts'
export { type AcknowledgementCommitCallback, type ShareCommitOptions, ShareConsumer } from './share-consumer.ts'
export type { ShareBatch, ShareRecord } from './share-record.ts'
export type { ShareHandlerContext, ShareRunOptions } from './share-runner.ts'
