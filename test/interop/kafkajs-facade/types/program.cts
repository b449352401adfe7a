// A program on KafkaJS's types, compiled against theirs and against ours.

import type {
  Admin,
  Assigner,
  Batch,
  Consumer,
  ConsumerCrashEvent,
  ConsumerRunConfig,
  EachBatchHandler,
  EachMessageHandler,
  EachMessagePayload,
  GroupDescription,
  ICustomPartitioner,
  IHeaders,
  InstrumentationEvent,
  KafkaConfig,
  KafkaMessage,
  LogEntry,
  logCreator,
  Message,
  Offsets,
  PartitionAssigner,
  Producer,
  ProducerRecord,
  RecordMetadata,
  RemoveInstrumentationEventListener,
  SASLOptions,
  Transaction,
} from 'kafkajs'
import {
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  AssignerProtocol,
  CompressionCodecs,
  CompressionTypes,
  ConfigResourceTypes,
  Kafka,
  KafkaJSAggregateError,
  KafkaJSConnectionError,
  KafkaJSError,
  KafkaJSNonRetriableError,
  KafkaJSNumberOfRetriesExceeded,
  KafkaJSProtocolError,
  logLevel,
  PartitionAssigners,
  Partitioners,
  ResourcePatternTypes,
} from 'kafkajs'

const sasl: SASLOptions[] = [
  { mechanism: 'plain', username: 'a', password: 'b' },
  { mechanism: 'scram-sha-512', username: 'a', password: 'b' },
  { mechanism: 'oauthbearer', oauthBearerProvider: async () => ({ value: 'token' }) },
  { mechanism: 'aws', authorizationIdentity: 'a', accessKeyId: 'k', secretAccessKey: 's' },
]
const creator: logCreator = (level: logLevel) => {
  const isNoisy: boolean = level === logLevel.DEBUG
  return ({ namespace, label, log }: LogEntry) => {
    const { timestamp, message, ...others } = log
    if (isNoisy) console.log(`${namespace}${label}${timestamp}${message}`, others['extra'])
  }
}
const config: KafkaConfig = {
  brokers: async () => ['localhost:9092'],
  ssl: { ca: ['pem'], rejectUnauthorized: false, checkServerIdentity: () => undefined },
  sasl: sasl[0]!,
  clientId: 'program',
  retry: { retries: 3, restartOnFailure: async (error: Error) => error.message !== '' },
  logLevel: Number('4'),
  logCreator: creator,
  socketFactory: ({ host, port, onConnect }) => require('node:net').connect({ host, port }, onConnect),
}
const kafka = new Kafka(config)
new Kafka({
  brokers: ['a:1'],
  ssl: true,
  sasl: {
    mechanism: 'own',
    authenticationProvider: ({ host, port, logger, saslAuthenticate }) => ({
      authenticate: async () => {
        logger.debug(`${host}:${port}`)
        const response = { decode: (raw: Buffer) => raw, parse: (data: Buffer) => data.toString() }
        const said: string | void = await saslAuthenticate({ request: { encode: () => Buffer.alloc(4) }, response })
        if (said) logger.info(said.trim())
      },
    }),
  },
})

const partitioner: ICustomPartitioner =
  () =>
  ({ topic, partitionMetadata, message }) =>
    topic.length + Number(message.key ?? 0) + (partitionMetadata[0]?.partitionId ?? 0)
const producer: Producer = kafka.producer({ createPartitioner: partitioner, idempotent: true, transactionalId: 'x' })
kafka.producer({ createPartitioner: Partitioners.LegacyPartitioner })
kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner, retry: { retries: 1 } })
CompressionCodecs[CompressionTypes.Snappy] = () => ({ compress: async () => {}, decompress: async () => {} })

async function produce(): Promise<RecordMetadata[]> {
  const headers: IHeaders = { one: 'x', two: Buffer.from('y'), three: ['a', Buffer.from('b')], four: undefined }
  const message: Message = { key: 'k', value: Buffer.from('v'), headers, timestamp: '1', partition: 0 }
  const record: ProducerRecord = {
    topic: 't',
    messages: [message, { value: null }],
    acks: -1,
    compression: CompressionTypes.GZIP,
  }
  const remove: RemoveInstrumentationEventListener<'producer.connect'> = producer.on('producer.connect', ({ payload }) => {
    const nothing: null = payload
    return nothing
  })
  remove()
  producer.on(producer.events.REQUEST, ({ payload: { apiName, duration, size } }) => `${apiName.trim()} ${duration + size}`)
  const name: (typeof producer.events)[keyof typeof producer.events] = producer.events.DISCONNECT
  producer.on(name, (event: InstrumentationEvent<any>) => event.payload)
  const transaction: Transaction = await producer.transaction()
  await transaction.sendOffsets({ consumerGroupId: 'g', topics: [{ topic: 't', partitions: [{ partition: 0, offset: '1' }] }] })
  if (transaction.isActive()) await transaction.commit()
  await producer.sendBatch({ topicMessages: [{ topic: 't', messages: [message] }] })
  return producer.send(record)
}

const assigner: PartitionAssigner = ({ cluster, groupId, logger }): Assigner => ({
  name: `${groupId}-assigner`,
  version: 1,
  async assign({ members, topics }) {
    logger.info('assign', { topics })
    await cluster.addMultipleTargetTopics(topics)
    return members.map(({ memberId, memberMetadata }) => {
      const { topics: wanted = [] } = AssignerProtocol.MemberMetadata.decode(memberMetadata) ?? {}
      const assignment = Object.fromEntries(
        wanted.map((topic) => [topic, cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId)]),
      )
      return {
        memberId,
        memberAssignment: AssignerProtocol.MemberAssignment.encode({ version: 1, assignment, userData: Buffer.alloc(0) }),
      }
    })
  },
  protocol({ topics }) {
    return {
      name: this.name,
      metadata: AssignerProtocol.MemberMetadata.encode({ version: 1, topics, userData: Buffer.alloc(0) }),
    }
  },
})

const eachMessage: EachMessageHandler = async ({ topic, partition, message, heartbeat, pause }: EachMessagePayload) => {
  const { key, value, headers, offset, timestamp }: KafkaMessage = message
  await heartbeat()
  const resume: () => void = pause()
  console.log(
    topic,
    partition,
    key?.toString(),
    value?.toString('utf8'),
    headers?.['x']?.toString(),
    BigInt(offset),
    timestamp.length,
  )
  resume()
}
const eachBatch: EachBatchHandler = async ({
  batch,
  resolveOffset,
  commitOffsetsIfNecessary,
  uncommittedOffsets,
  isRunning,
  isStale,
}) => {
  const own: Batch = batch
  for (const message of own.messages) if (isRunning() && !isStale()) resolveOffset(message.offset)
  const offsets: Offsets = uncommittedOffsets()
  await commitOffsetsIfNecessary(offsets)
  await commitOffsetsIfNecessary()
  console.log(own.firstOffset()?.length, own.lastOffset().length, own.offsetLag(), own.isEmpty())
}
const run: ConsumerRunConfig = {
  autoCommit: true,
  autoCommitInterval: null,
  autoCommitThreshold: 10,
  partitionsConsumedConcurrently: 2,
  eachMessage,
}

async function consume(): Promise<GroupDescription> {
  const consumer: Consumer = kafka.consumer({
    groupId: 'g',
    partitionAssigners: [assigner, PartitionAssigners.roundRobin],
    retry: { restartOnFailure: async (error) => error instanceof Error },
    readUncommitted: true,
  })
  const { CRASH, GROUP_JOIN, HEARTBEAT } = consumer.events
  consumer.on(CRASH, async ({ payload: { error, groupId, restart } }: ConsumerCrashEvent) =>
    console.log(error.message, groupId, restart),
  )
  consumer.on(GROUP_JOIN, ({ payload: { memberAssignment, duration } }) =>
    memberAssignment['t']?.map((partition) => partition + duration),
  )
  consumer.on(HEARTBEAT, (event) => event.payload.groupGenerationId + event.timestamp)
  consumer.on('consumer.end_batch_process', ({ payload }) => payload.batchSize + payload.duration)
  await consumer.connect()
  await consumer.subscribe({ topic: /t.*/, fromBeginning: true })
  await consumer.subscribe({ topics: ['t', /u/] })
  await consumer.run(run)
  await consumer.run({ eachBatch })
  consumer.seek({ topic: 't', partition: 0, offset: '1' })
  consumer.pause([{ topic: 't' }, { topic: 'u', partitions: [1] }])
  consumer.resume(consumer.paused())
  await consumer.commitOffsets([{ topic: 't', partition: 0, offset: '1', metadata: null }])
  await consumer.stop()
  await consumer.disconnect()
  return consumer.describeGroup()
}

async function administer(admin: Admin = kafka.admin({ retry: { retries: 2 } })): Promise<void> {
  admin.on(admin.events.REQUEST_TIMEOUT, ({ payload }) => payload.correlationId)
  const created: boolean = await admin.createTopics({
    topics: [{ topic: 't', replicaAssignment: [{ partition: 0, replicas: [1] }] }],
  })
  const leader: number | undefined = (await admin.fetchTopicMetadata({ topics: ['t'] })).topics[0]?.partitions[0]?.leader
  const offsets = await admin.fetchOffsets({ groupId: 'g', topics: ['t'], resolveOffsets: true })
  const metadata: string | null | undefined = offsets[0]?.partitions[0]?.metadata
  await admin.setOffsets({ groupId: 'g', topic: 't', partitions: [{ partition: 0, offset: '1' }] })
  const described = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: ConfigResourceTypes.TOPIC, name: 't' }],
  })
  const value: string | undefined = described.resources[0]?.configEntries[0]?.configValue
  const acl = {
    resourceType: AclResourceTypes.TOPIC,
    resourceName: 't',
    resourcePatternType: ResourcePatternTypes.LITERAL,
    principal: 'User:a',
    host: '*',
    operation: AclOperationTypes.ALL,
    permissionType: AclPermissionTypes.ALLOW,
  }
  await admin.createAcls({ acl: [acl] })
  const { resources } = await admin.describeAcls({ ...acl, resourceName: 't' })
  const { filterResponses } = await admin.deleteAcls({ filters: [acl] })
  const { controller } = await admin.describeCluster()
  const group = (await admin.deleteGroups(['g']))[0]?.error?.type
  console.log(created, leader, metadata, value, resources[0]?.acls[0]?.host, filterResponses[0]?.errorCode, controller, group)
}

function tell(error: unknown): string {
  if (error instanceof KafkaJSNumberOfRetriesExceeded)
    return `${error.retryCount} ${error.retryTime} ${error.cause?.message} ${error.stack.length}`
  if (error instanceof KafkaJSProtocolError) return `${error.type} ${error.code}`
  if (error instanceof KafkaJSConnectionError) return error.broker
  if (error instanceof KafkaJSAggregateError) return error.errors.map(String).join()
  if (error instanceof KafkaJSNonRetriableError) return error.name
  return error instanceof KafkaJSError ? `${error.retriable} ${error.helpUrl}` : String(error)
}

Promise.all([produce(), consume(), administer()]).catch((error) => {
  console.error(tell(error))
  throw new KafkaJSNonRetriableError('it did not work')
})
kafka.logger().namespace('program', logLevel.ERROR).setLogLevel(logLevel.NOTHING)
