// Errors of single subjects: metadata, groups, topics, and what KafkaJS throws inside.

import { KafkaJSError, type KafkaJSErrorMetadata, KafkaJSNonRetriableError, KafkaJSProtocolError } from './classes.ts'

export interface KafkaJSOffsetOutOfRangeMetadata {
  topic: string
  partition: number
}

export class KafkaJSOffsetOutOfRange extends KafkaJSProtocolError {
  override readonly name: string = 'KafkaJSOffsetOutOfRange'
  readonly topic: string
  readonly partition: number

  constructor(e: Error | string, { topic, partition }: Partial<KafkaJSOffsetOutOfRangeMetadata> = {}) {
    super(e)
    this.topic = topic!
    this.partition = partition!
  }
}

export class KafkaJSMemberIdRequired extends KafkaJSProtocolError {
  override readonly name: string = 'KafkaJSMemberIdRequired'
  readonly memberId: string

  constructor(e: Error | string, { memberId }: { memberId?: string } = {}) {
    super(e)
    this.memberId = memberId!
  }
}

export class KafkaJSMetadataNotLoaded extends KafkaJSError {
  override readonly name: string = 'KafkaJSMetadataNotLoaded'

  constructor(e: Error | string = 'the metadata are not known', metadata: KafkaJSErrorMetadata = {}) {
    super(e, metadata)
  }
}

export interface KafkaJSTopicMetadataNotLoadedMetadata {
  topic: string
}

export class KafkaJSTopicMetadataNotLoaded extends KafkaJSMetadataNotLoaded {
  override readonly name: string = 'KafkaJSTopicMetadataNotLoaded'
  readonly topic: string

  constructor(e: Error | string, { topic }: Partial<KafkaJSTopicMetadataNotLoadedMetadata> = {}) {
    super(e)
    this.topic = topic!
  }
}

export interface KafkaJSStaleTopicMetadataAssignmentMetadata<P = unknown> {
  topic: string
  unknownPartitions: P[]
}

export class KafkaJSStaleTopicMetadataAssignment extends KafkaJSError {
  override readonly name: string = 'KafkaJSStaleTopicMetadataAssignment'
  readonly topic: string
  readonly unknownPartitions: number

  constructor(e: Error | string, { topic, unknownPartitions }: Partial<KafkaJSStaleTopicMetadataAssignmentMetadata> = {}) {
    super(e)
    this.topic = topic!
    this.unknownPartitions = unknownPartitions as unknown as number
  }
}

export interface KafkaJSServerDoesNotSupportApiKeyMetadata {
  apiKey: number
  apiName: string
}

export class KafkaJSServerDoesNotSupportApiKey extends KafkaJSNonRetriableError {
  override readonly name: string = 'KafkaJSServerDoesNotSupportApiKey'
  readonly apiKey: number
  readonly apiName: string

  constructor(e: Error | string, { apiKey, apiName }: Partial<KafkaJSServerDoesNotSupportApiKeyMetadata> = {}) {
    super(e)
    this.apiKey = apiKey!
    this.apiName = apiName!
  }
}

export class KafkaJSBrokerNotFound extends KafkaJSError {
  override readonly name: string = 'KafkaJSBrokerNotFound'

  constructor(e: Error | string = 'the broker is not known', metadata: KafkaJSErrorMetadata = {}) {
    super(e, metadata)
  }
}

export class KafkaJSNoBrokerAvailableError extends KafkaJSError {
  override readonly name: string = 'KafkaJSNoBrokerAvailableError'

  constructor() {
    super('No broker available')
  }
}

export class KafkaJSGroupCoordinatorNotFound extends KafkaJSNonRetriableError {
  override readonly name: string = 'KafkaJSGroupCoordinatorNotFound'
}

export class KafkaJSPartialMessageError extends KafkaJSNonRetriableError {
  override readonly name: string = 'KafkaJSPartialMessageError'
}

export class KafkaJSTimeout extends KafkaJSNonRetriableError {
  override readonly name: string = 'KafkaJSTimeout'
}

export class KafkaJSLockTimeout extends KafkaJSTimeout {
  override readonly name: string = 'KafkaJSLockTimeout'
}

export class KafkaJSUnsupportedMagicByteInMessageSet extends KafkaJSNonRetriableError {
  override readonly name: string = 'KafkaJSUnsupportedMagicByteInMessageSet'
}

export class KafkaJSInvariantViolation extends KafkaJSNonRetriableError {
  override readonly name: string = 'KafkaJSInvariantViolation'
}

export class KafkaJSInvalidVarIntError extends KafkaJSNonRetriableError {}

export class KafkaJSInvalidLongError extends KafkaJSNonRetriableError {}

export class KafkaJSFetcherRebalanceError extends Error {}

export interface KafkaJSDeleteGroupsErrorGroups {
  groupId: string
  errorCode: number
  error: KafkaJSError
}

export class KafkaJSDeleteGroupsError<G extends object = KafkaJSDeleteGroupsErrorGroups> extends KafkaJSError {
  override readonly name: string = 'KafkaJSDeleteGroupsError'
  /** Those that are not deleted, and why. */
  readonly groups: G[]

  constructor(e: Error | string, groups: G[] = []) {
    super(e)
    this.groups = groups
  }
}

export interface KafkaJSDeleteTopicRecordsErrorPartition {
  partition: number
  offset: string
  error: KafkaJSError
}

export interface KafkaJSDeleteTopicRecordsErrorTopic {
  topic: string
  partitions: KafkaJSDeleteTopicRecordsErrorPartition[]
}

/** Retriable where all that went wrong is. */
export class KafkaJSDeleteTopicRecordsError extends KafkaJSError {
  override readonly name: string = 'KafkaJSDeleteTopicRecordsError'
  readonly partitions: KafkaJSDeleteTopicRecordsErrorPartition[]

  constructor({ topic, partitions }: KafkaJSDeleteTopicRecordsErrorTopic) {
    const why = partitions.map(({ partition, error }) => `${partition}: ${error.message}`).join('; ')
    super(`records of ${topic} were not deleted: ${why}`, { retriable: partitions.every(({ error }) => error.retriable) })
    this.partitions = partitions
  }
}

export class KafkaJSCreateTopicError extends KafkaJSProtocolError {
  override readonly name: string = 'KafkaJSCreateTopicError'
  readonly topic: string

  constructor(e: Error | string, topicName: string) {
    super(e)
    this.topic = topicName
  }
}

export class KafkaJSAlterPartitionReassignmentsError extends KafkaJSProtocolError {
  override readonly name: string = 'KafkaJSAlterPartitionReassignmentsError'
  readonly topic?: string
  readonly partition?: number

  constructor(e: Error | string, topic?: string, partition?: number) {
    super(e)
    this.topic = topic!
    this.partition = partition!
  }
}
