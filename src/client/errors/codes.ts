// What each error means to the program that meets it: may it ask again, is the client or the transaction lost, and what to do.

import { type ErrorName, errors } from '../../protocol/errors.ts'

/** What to do, and how bad it is. */
interface Row {
  readonly advice: string
  readonly retriable?: boolean
  /** The client cannot go on: close it, and make another one. */
  readonly fatal?: boolean
  /** The transaction cannot be committed; after `abort` the producer can go on. */
  readonly abortable?: boolean
}

/** Errors that no broker sends: the client notices them itself. */
const own = {
  ABORTED: { advice: 'Nothing: the signal that was passed in has asked for it.' },
  CLOSED: { advice: 'Use a client before it is closed; what it had not sent is given up then.' },
  DELIVERY_TIMED_OUT: {
    advice:
      'Look whether the partition has a leader and enough replicas in sync; deliveryTimeoutMs is how long the producer tries.',
  },
  INVALID_OPTION: { advice: 'Correct the option that the message names.' },
  INVALID_STATE: { advice: 'Call the methods in the order that their documentation names.' },
  LOG_TRUNCATED: { advice: 'Seek to an offset that the partition has, or set autoOffsetReset: what was read behind it is gone.' },
  MALFORMED_ANSWER: {
    advice: 'Look what answers at this address: it does not speak the protocol of Kafka, or bytes were changed on the way.',
  },
  SERIALIZATION_FAILED: {
    advice: 'Look at the value, and whether its serializer or deserializer is the one that the topic needs.',
  },
  TIMED_OUT: {
    retriable: true,
    advice: 'Look whether the brokers are alive and reachable; the message says what was waited for.',
  },
  TLS_FAILED: { fatal: true, advice: 'Look at the certificates, what they are made out for, and until when they are valid.' },
  TRANSACTION_ABORTED: { advice: 'Send the records again in another transaction: this one was aborted, and they with it.' },
  UNSUPPORTED: { advice: 'Leave it out, or use a version of the broker or of this client that has it.' },
} satisfies Record<string, Row>

/** Kafka's errors whose general advice would not be enough. */
const known: Partial<Record<ErrorName, Row>> = {
  CLUSTER_AUTHORIZATION_FAILED: { advice: 'Ask for an ACL on the cluster for this principal.' },
  CONCURRENT_TRANSACTIONS: { advice: 'Wait: the coordinator is still completing the transaction before.' },
  DUPLICATE_SEQUENCE_NUMBER: { advice: 'Nothing: the records are there.' },
  FENCED_INSTANCE_ID: {
    fatal: true,
    advice: 'Give each member a groupInstanceId of its own: another one has joined with this one.',
  },
  GROUP_AUTHORIZATION_FAILED: { abortable: true, advice: 'Ask for an ACL on the group for this principal.' },
  ILLEGAL_GENERATION: { abortable: true, advice: 'Abort, and poll again: the group has given its partitions to others.' },
  ILLEGAL_SASL_STATE: { fatal: true, advice: 'Look whether securityProtocol is the one of the listener.' },
  INVALID_PRODUCER_EPOCH: {
    abortable: true,
    advice: 'Abort the transaction: a newer one of this producer has begun, or it ran out of time.',
  },
  INVALID_PRODUCER_ID_MAPPING: { abortable: true, advice: 'Abort the transaction: the coordinator has forgotten the producer.' },
  INVALID_TRANSACTION_TIMEOUT: {
    fatal: true,
    advice: 'Lower transactionTimeoutMs to at most transaction.max.timeout.ms of the brokers.',
  },
  INVALID_TXN_STATE: {
    fatal: true,
    advice:
      'Abort the transaction, or make another producer where this one cannot go on: brokers see the transaction in another state.',
  },
  MESSAGE_TOO_LARGE: { advice: 'Send smaller records, or raise max.message.bytes of the topic.' },
  NOT_ENOUGH_REPLICAS: { advice: 'Wait until more replicas are in sync, or lower min.insync.replicas of the topic.' },
  OFFSET_OUT_OF_RANGE: { advice: 'Seek to an offset that the partition has, or set autoOffsetReset.' },
  OUT_OF_ORDER_SEQUENCE_NUMBER: {
    abortable: true,
    advice: 'Look whether records were lost on the broker: a batch before this one is missing there.',
  },
  PRODUCER_FENCED: { fatal: true, advice: 'Close this producer: another one with the same transactionalId has taken over.' },
  SASL_AUTHENTICATION_FAILED: { fatal: true, advice: 'Correct the credentials; trying again with the same ones does not help.' },
  TOPIC_AUTHORIZATION_FAILED: { abortable: true, advice: 'Ask for an ACL on the topic for this principal.' },
  TRANSACTION_ABORTABLE: { abortable: true, advice: 'Abort the transaction and begin another one.' },
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: { fatal: true, advice: 'Ask for an ACL on the transactional id for this principal.' },
  UNKNOWN_MEMBER_ID: { abortable: true, advice: 'Abort, and poll again: the group has removed this member.' },
  UNKNOWN_PRODUCER_ID: { abortable: true, advice: 'Abort the transaction: the broker has forgotten the producer.' },
  UNKNOWN_TOPIC_OR_PARTITION: { advice: 'Create the topic, or correct its name.' },
  UNSUPPORTED_SASL_MECHANISM: { fatal: true, advice: 'Set saslMechanism to one that the listener offers.' },
  UNSUPPORTED_VERSION: { advice: 'Leave out what the broker is too old for, or upgrade it.' },
}

export type OwnCode = keyof typeof own

/** What went wrong: one of Kafka's errors by its name, or one that the client notices itself. */
export type ErrorCode = Exclude<ErrorName, 'NONE'> | OwnCode

export interface CodeFacts {
  readonly meaning: string
  readonly retriable: boolean
  readonly fatal: boolean
  readonly abortable: boolean
  readonly advice: string
}

const RETRY = 'Try again: the cluster may be able to do it a moment later.'
const READ_ON = 'Correct what was asked for; the same request will be refused again.'

const facts = new Map<string, CodeFacts>([
  ...errors.map(({ name, retriable, meaning }) => {
    const row: Row = known[name] ?? { advice: retriable ? RETRY : READ_ON }
    return [name, { fatal: false, abortable: false, retriable, meaning, ...row }] as const
  }),
  ...Object.entries<Row>(own).map(
    ([name, row]) => [name, { retriable: false, fatal: false, abortable: false, meaning: row.advice, ...row }] as const,
  ),
])

export function factsOf(code: ErrorCode): CodeFacts {
  return facts.get(code)!
}
