// Kafka's error codes, and the exception that carries one. A KafkaError is an answer: whoever throws it has decided what the client is told.

type Row = readonly [code: number, retriable: boolean, meaning: string]

const table = {
  UNKNOWN_SERVER_ERROR: [-1, false, 'the server failed in a way that no other code describes'],
  NONE: [0, false, 'it worked'],
  OFFSET_OUT_OF_RANGE: [1, false, 'the offset lies before the start or after the end of the log'],
  CORRUPT_MESSAGE: [2, true, 'a batch does not match its checksum, or its size or format version cannot be true'],
  UNKNOWN_TOPIC_OR_PARTITION: [3, true, 'this server has no such topic or partition'],
  INVALID_FETCH_SIZE: [4, false, 'the number of bytes asked for makes no sense'],
  LEADER_NOT_AVAILABLE: [5, true, 'the partition has no leader at the moment'],
  NOT_LEADER_OR_FOLLOWER: [6, true, 'this broker neither leads nor follows the partition'],
  REQUEST_TIMED_OUT: [7, true, 'it was not done within the time the request allowed'],
  BROKER_NOT_AVAILABLE: [8, false, 'the broker is not alive'],
  REPLICA_NOT_AVAILABLE: [9, true, 'the replica is not there now, or was never meant to be on this broker'],
  MESSAGE_TOO_LARGE: [10, false, 'a batch is larger than the topic accepts'],
  STALE_CONTROLLER_EPOCH: [11, false, 'the controller that asked has been replaced'],
  OFFSET_METADATA_TOO_LARGE: [12, false, 'the text kept beside a committed offset is too long'],
  NETWORK_EXCEPTION: [13, true, 'the connection ended before the answer came'],
  COORDINATOR_LOAD_IN_PROGRESS: [14, true, 'the coordinator is still reading its log'],
  COORDINATOR_NOT_AVAILABLE: [15, true, 'there is no coordinator at the moment'],
  NOT_COORDINATOR: [16, true, 'another broker coordinates this'],
  INVALID_TOPIC_EXCEPTION: [17, false, 'a topic may not be named so, or not be used so'],
  RECORD_LIST_TOO_LARGE: [18, false, 'the records would not fit into one segment'],
  NOT_ENOUGH_REPLICAS: [19, true, 'fewer replicas are in sync than the topic demands; nothing was written'],
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: [20, true, 'written, but by then fewer replicas were in sync than the topic demands'],
  INVALID_REQUIRED_ACKS: [21, false, 'acks is none of -1, 0 and 1'],
  ILLEGAL_GENERATION: [22, false, 'the group is in another generation than the member believes'],
  INCONSISTENT_GROUP_PROTOCOL: [23, false, 'the member shares no protocol with the rest of its group'],
  INVALID_GROUP_ID: [24, false, 'a group may not be named so'],
  UNKNOWN_MEMBER_ID: [25, false, 'the group does not know this member'],
  INVALID_SESSION_TIMEOUT: [26, false, 'the session timeout lies outside what the broker allows'],
  REBALANCE_IN_PROGRESS: [27, false, 'the group is rebalancing; join again'],
  INVALID_COMMIT_OFFSET_SIZE: [28, false, 'the offset commit is too large to be stored'],
  TOPIC_AUTHORIZATION_FAILED: [29, false, 'not allowed on this topic'],
  GROUP_AUTHORIZATION_FAILED: [30, false, 'not allowed on this group'],
  CLUSTER_AUTHORIZATION_FAILED: [31, false, 'not allowed on the cluster'],
  INVALID_TIMESTAMP: [32, false, 'a record carries a timestamp the topic does not accept'],
  UNSUPPORTED_SASL_MECHANISM: [33, false, 'the server does not offer this SASL mechanism'],
  ILLEGAL_SASL_STATE: [34, false, 'the request does not fit where the authentication stands'],
  UNSUPPORTED_VERSION: [35, false, 'the server does not know this version of the request'],
  TOPIC_ALREADY_EXISTS: [36, false, 'a topic of this name exists already'],
  INVALID_PARTITIONS: [37, false, 'a topic cannot have that many partitions'],
  INVALID_REPLICATION_FACTOR: [38, false, 'the replication factor is below one or above the number of brokers'],
  INVALID_REPLICA_ASSIGNMENT: [39, false, 'the replicas cannot be placed as asked'],
  INVALID_CONFIG: [40, false, 'a configuration is unknown or has an impossible value'],
  NOT_CONTROLLER: [41, true, 'this node is not the active controller'],
  INVALID_REQUEST: [42, false, 'the request contradicts itself or the protocol'],
  UNSUPPORTED_FOR_MESSAGE_FORMAT: [43, false, 'the stored record format cannot do this'],
  POLICY_VIOLATION: [44, false, 'the request breaks a rule set for this cluster or topic'],
  OUT_OF_ORDER_SEQUENCE_NUMBER: [45, false, "the batch does not follow its producer's last one"],
  DUPLICATE_SEQUENCE_NUMBER: [46, false, "a batch with this producer's sequence number was stored before"],
  INVALID_PRODUCER_EPOCH: [47, false, 'a newer instance of the producer has taken over'],
  INVALID_TXN_STATE: [48, false, 'the transaction is in a state that does not allow this'],
  INVALID_PRODUCER_ID_MAPPING: [49, false, 'the producer id does not belong to this transactional id'],
  INVALID_TRANSACTION_TIMEOUT: [50, false, 'the transaction timeout is not positive or above what the broker allows'],
  CONCURRENT_TRANSACTIONS: [51, true, 'an earlier transaction of the producer is still being completed'],
  TRANSACTION_COORDINATOR_FENCED: [52, false, 'the transaction coordinator that asked has been replaced'],
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: [53, false, 'not allowed with this transactional id'],
  SECURITY_DISABLED: [54, false, 'the server has no authorizer'],
  OPERATION_NOT_ATTEMPTED: [55, false, 'left undone because another part of the request failed'],
  KAFKA_STORAGE_ERROR: [56, true, 'the disk that holds the partition failed'],
  LOG_DIR_NOT_FOUND: [57, false, 'the broker has no such log directory'],
  SASL_AUTHENTICATION_FAILED: [58, false, 'the credentials are wrong'],
  UNKNOWN_PRODUCER_ID: [59, false, 'nothing is remembered of this producer id'],
  REASSIGNMENT_IN_PROGRESS: [60, false, 'the partition is being moved already'],
  DELEGATION_TOKEN_AUTH_DISABLED: [61, false, 'delegation tokens are switched off'],
  DELEGATION_TOKEN_NOT_FOUND: [62, false, 'the server does not know this delegation token'],
  DELEGATION_TOKEN_OWNER_MISMATCH: [63, false, 'the delegation token is neither owned nor renewable by the one who asks'],
  DELEGATION_TOKEN_REQUEST_NOT_ALLOWED: [64, false, 'delegation tokens cannot be handled over this kind of authentication'],
  DELEGATION_TOKEN_AUTHORIZATION_FAILED: [65, false, 'not allowed on this delegation token'],
  DELEGATION_TOKEN_EXPIRED: [66, false, 'the delegation token has expired'],
  INVALID_PRINCIPAL_TYPE: [67, false, 'this kind of principal is not supported here'],
  NON_EMPTY_GROUP: [68, false, 'the group still has members'],
  GROUP_ID_NOT_FOUND: [69, false, 'there is no such group'],
  FETCH_SESSION_ID_NOT_FOUND: [70, true, 'the broker does not know this fetch session; start a new one'],
  INVALID_FETCH_SESSION_EPOCH: [71, true, 'the request is not the next one of its fetch session'],
  LISTENER_NOT_FOUND: [72, true, 'the leader has no listener like the one the request came in by'],
  TOPIC_DELETION_DISABLED: [73, false, 'topics may not be deleted here'],
  FENCED_LEADER_EPOCH: [74, true, 'the leader epoch in the request is older than the one of the broker'],
  UNKNOWN_LEADER_EPOCH: [75, true, 'the leader epoch in the request is newer than the one of the broker'],
  UNSUPPORTED_COMPRESSION_TYPE: [76, false, 'the compression cannot be used in this version of the request'],
  STALE_BROKER_EPOCH: [77, false, 'the broker has registered anew since this request'],
  OFFSET_NOT_AVAILABLE: [78, true, 'the new leader does not know its high watermark yet'],
  MEMBER_ID_REQUIRED: [79, false, 'join again with the member id in this answer'],
  PREFERRED_LEADER_NOT_AVAILABLE: [80, true, 'the preferred leader cannot lead at the moment'],
  GROUP_MAX_SIZE_REACHED: [81, false, 'the group has as many members as it may have'],
  FENCED_INSTANCE_ID: [82, false, 'another member has taken over this instance id'],
  ELIGIBLE_LEADERS_NOT_AVAILABLE: [83, true, 'no replica that may lead is alive'],
  ELECTION_NOT_NEEDED: [84, true, 'the partition has the leader that the election would give it'],
  NO_REASSIGNMENT_IN_PROGRESS: [85, false, 'the partition is not being moved'],
  GROUP_SUBSCRIBED_TO_TOPIC: [86, false, 'the group still consumes the topic whose offsets should be deleted'],
  INVALID_RECORD: [87, false, 'a record or its batch breaks the rules of the topic or of the format'],
  UNSTABLE_OFFSET_COMMIT: [88, true, 'offsets committed in an unfinished transaction are not known yet'],
  THROTTLING_QUOTA_EXCEEDED: [89, true, 'too many changes for the quota; ask again later'],
  PRODUCER_FENCED: [90, false, 'a newer producer with the same transactional id has taken over'],
  RESOURCE_NOT_FOUND: [91, false, 'the request names something that does not exist'],
  DUPLICATE_RESOURCE: [92, false, 'the request names something twice, or it exists already'],
  UNACCEPTABLE_CREDENTIAL: [93, false, 'the credential is not strong enough or malformed'],
  INCONSISTENT_VOTER_SET: [94, false, 'one of the two is not a voter in the eyes of the other'],
  INVALID_UPDATE_VERSION: [95, false, 'the partition or quorum changed before this update'],
  FEATURE_UPDATE_FAILED: [96, false, 'a feature could not be set to this level'],
  PRINCIPAL_DESERIALIZATION_FAILURE: [97, false, 'the forwarded principal cannot be read'],
  SNAPSHOT_NOT_FOUND: [98, false, 'there is no such snapshot'],
  POSITION_OUT_OF_RANGE: [99, false, 'the position lies outside the snapshot'],
  UNKNOWN_TOPIC_ID: [100, true, 'this server has no topic with this id'],
  DUPLICATE_BROKER_REGISTRATION: [101, false, 'another broker with this id is alive'],
  BROKER_ID_NOT_REGISTERED: [102, false, 'no broker with this id has registered'],
  INCONSISTENT_TOPIC_ID: [103, true, 'the log belongs to another topic id than the request'],
  INCONSISTENT_CLUSTER_ID: [104, false, 'the request is meant for another cluster'],
  TRANSACTIONAL_ID_NOT_FOUND: [105, false, 'nothing is known of this transactional id'],
  FETCH_SESSION_TOPIC_ID_ERROR: [106, true, 'a fetch session may not change between topic names and topic ids'],
  INELIGIBLE_REPLICA: [107, false, 'a replica that is fenced or shutting down may not join the in-sync set'],
  NEW_LEADER_ELECTED: [108, false, 'the partition change was made and gave the partition another leader'],
  OFFSET_MOVED_TO_TIERED_STORAGE: [109, false, 'the offset is only found in tiered storage'],
  FENCED_MEMBER_EPOCH: [110, false, 'the coordinator has fenced this member epoch; join again'],
  UNRELEASED_INSTANCE_ID: [111, false, 'a live member still holds this instance id'],
  UNSUPPORTED_ASSIGNOR: [112, false, 'the group does not support this assignor'],
  STALE_MEMBER_EPOCH: [113, false, 'the member has a newer epoch; learn it by the next heartbeat'],
  MISMATCHED_ENDPOINT_TYPE: [114, false, 'a request for a broker came to a controller, or the other way round'],
  UNSUPPORTED_ENDPOINT_TYPE: [115, false, 'this kind of endpoint cannot be asked for'],
  UNKNOWN_CONTROLLER_ID: [116, false, 'there is no such controller'],
  UNKNOWN_SUBSCRIPTION_ID: [117, false, "the client's telemetry subscription is out of date; ask for it again"],
  TELEMETRY_TOO_LARGE: [118, false, 'the metrics are larger than the broker accepts'],
  INVALID_REGISTRATION: [119, false, 'the controller does not accept the registration'],
  TRANSACTION_ABORTABLE: [120, false, 'the transaction cannot go on; abort it'],
  INVALID_RECORD_STATE: [121, false, 'the acknowledgement does not fit the state of the record'],
  SHARE_SESSION_NOT_FOUND: [122, true, 'the broker does not know this share session'],
  INVALID_SHARE_SESSION_EPOCH: [123, true, 'the request is not the next one of its share session'],
  FENCED_STATE_EPOCH: [124, false, 'a newer share coordinator has written the state'],
  INVALID_VOTER_KEY: [125, false, 'the voter key is not the one of the node that received it'],
  DUPLICATE_VOTER: [126, false, 'the node is a voter already'],
  VOTER_NOT_FOUND: [127, false, 'the node is not a voter'],
  INVALID_REGULAR_EXPRESSION: [128, false, 'the regular expression cannot be understood'],
  REBOOTSTRAP_REQUIRED: [129, false, 'what the client knows is out of date; start again from the bootstrap servers'],
  STREAMS_INVALID_TOPOLOGY: [130, false, 'the topology contradicts itself'],
  STREAMS_INVALID_TOPOLOGY_EPOCH: [131, false, 'the topology has another epoch than the one of the group'],
  STREAMS_TOPOLOGY_FENCED: [132, false, 'the topology of the member is older than the one of the group'],
  SHARE_SESSION_LIMIT_REACHED: [133, true, 'the broker keeps as many share sessions as it may'],
} as const satisfies Record<string, Row>

/** The name of an error as Kafka spells it. */
export type ErrorName = keyof typeof table

export interface ErrorFacts {
  readonly name: ErrorName
  readonly code: number
  /** Whether the same request may succeed when it is sent again. */
  readonly retriable: boolean
  readonly meaning: string
}

/** Every error, in the order of the codes. */
export const errors: readonly ErrorFacts[] = (Object.keys(table) as ErrorName[]).map((name) => {
  const [code, retriable, meaning] = table[name]
  return { name, code, retriable, meaning }
})

const names = new Map<number, ErrorName>(errors.map(({ code, name }) => [code, name]))

/** The number that stands for the error on the wire. */
export function errorCode(name: ErrorName): number {
  return table[name][0]
}

/** The name for a number from the wire; a number that Kafka 4.2 does not know is UNKNOWN_SERVER_ERROR, as Kafka's clients read it. */
export function errorName(code: number): ErrorName {
  return names.get(code) ?? 'UNKNOWN_SERVER_ERROR'
}

/** An answer with an error code. `detail` adds what helps whoever reads it: values, limits, the next step. */
export class KafkaError extends Error {
  override readonly name = 'KafkaError'
  readonly error: ErrorName

  constructor(error: ErrorName, detail?: string, options?: ErrorOptions) {
    // A refusal is an answer, not a bug: without a stack trace it costs a tenth, and one request may be refused in ten thousand partitions.
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 0
    super(detail ?? table[error][2], options)
    Error.stackTraceLimit = stackTraceLimit
    this.error = error
  }

  get code(): number {
    return table[this.error][0]
  }

  get retriable(): boolean {
    return table[this.error][1]
  }

  /** What was thrown, as an answer: anything that is not a KafkaError becomes UNKNOWN_SERVER_ERROR and keeps it as its cause. */
  static of(thrown: unknown): KafkaError {
    if (thrown instanceof KafkaError) return thrown
    return new KafkaError('UNKNOWN_SERVER_ERROR', undefined, { cause: thrown })
  }
}
