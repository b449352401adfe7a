// What is ours goes where theirs is wanted, and the other way round where programs hand it over.

import type * as ours from 'kafkajs'
import type * as theirs from 'kafkajs-original'

type Fits<A, B> = [A] extends [B] ? true : { this: A; does: 'not fit'; that: B }
const yes = <T extends true>(): T | undefined => undefined

// What programs are given.
yes<Fits<ours.Kafka, theirs.Kafka>>()
yes<Fits<ours.Producer, theirs.Producer>>()
yes<Fits<ours.Consumer, theirs.Consumer>>()
yes<Fits<ours.Admin, theirs.Admin>>()
yes<Fits<ours.Transaction, theirs.Transaction>>()
yes<Fits<ours.Logger, theirs.Logger>>()
yes<Fits<ours.KafkaMessage, theirs.KafkaMessage>>()
yes<Fits<ours.EachMessagePayload, theirs.EachMessagePayload>>()
yes<Fits<ours.EachBatchPayload, theirs.EachBatchPayload>>()
yes<Fits<ours.RecordMetadata, theirs.RecordMetadata>>()
yes<Fits<ours.PartitionerArgs, theirs.PartitionerArgs>>()
yes<Fits<ours.GroupDescription, theirs.GroupDescription>>()
yes<Fits<ours.DescribeConfigResponse, theirs.DescribeConfigResponse>>()
yes<Fits<ours.DescribeAclResponse, theirs.DescribeAclResponse>>()
yes<Fits<ours.DeleteAclResponse, theirs.DeleteAclResponse>>()
yes<Fits<ours.Cluster, theirs.Cluster>>()
yes<Fits<ours.LogEntry, theirs.LogEntry>>()
yes<Fits<ours.ConsumerCrashEvent, theirs.ConsumerCrashEvent>>()
yes<Fits<ours.ConsumerGroupJoinEvent, theirs.ConsumerGroupJoinEvent>>()
yes<Fits<ours.RequestEvent, theirs.RequestEvent>>()

// What programs give.
yes<Fits<theirs.KafkaConfig, ours.KafkaConfig>>()
yes<Fits<theirs.ProducerConfig, ours.ProducerConfig>>()
yes<Fits<theirs.ConsumerConfig, ours.ConsumerConfig>>()
yes<Fits<theirs.AdminConfig, ours.AdminConfig>>()
yes<Fits<theirs.ProducerRecord, ours.ProducerRecord>>()
yes<Fits<theirs.ProducerBatch, ours.ProducerBatch>>()
yes<Fits<theirs.Message, ours.Message>>()
yes<Fits<theirs.ConsumerRunConfig, ours.ConsumerRunConfig>>()
yes<Fits<theirs.ConsumerSubscribeTopics, ours.ConsumerSubscribeTopics>>()
yes<Fits<theirs.ITopicConfig, ours.ITopicConfig>>()
yes<Fits<theirs.AclEntry, ours.AclEntry>>()
yes<Fits<theirs.AclFilter, ours.AclFilter>>()
yes<Fits<theirs.IResourceConfig, ours.IResourceConfig>>()
yes<Fits<theirs.ResourceConfigQuery, ours.ResourceConfigQuery>>()
yes<Fits<theirs.ICustomPartitioner, ours.ICustomPartitioner>>()
yes<Fits<theirs.logCreator, ours.logCreator>>()
yes<Fits<theirs.ISocketFactory, ours.ISocketFactory>>()
yes<Fits<theirs.Mechanism, ours.Mechanism>>()
yes<Fits<theirs.SASLOptions, ours.SASLOptions>>()
yes<Fits<theirs.RetryOptions, ours.RetryOptions>>()
yes<Fits<theirs.PartitionAssigner, ours.PartitionAssigner>>()

/** Every name that theirs exports as a value, ours has, and it fits. */
type Values<T> = { [K in keyof T]: T[K] }
type Missing = Exclude<keyof Values<typeof theirs>, keyof Values<typeof ours>>
yes<Fits<Missing, never>>()
yes<Fits<typeof ours.Partitioners, typeof theirs.Partitioners>>()
yes<Fits<typeof ours.AssignerProtocol, typeof theirs.AssignerProtocol>>()
yes<Fits<typeof ours.PartitionAssigners, typeof theirs.PartitionAssigners>>()
yes<Fits<typeof ours.CompressionCodecs, typeof theirs.CompressionCodecs>>()
yes<Fits<ours.CompressionTypes, theirs.CompressionTypes>>()
yes<Fits<ours.logLevel, theirs.logLevel>>()
yes<Fits<ours.KafkaJSError, theirs.KafkaJSError>>()
yes<Fits<ours.KafkaJSProtocolError, theirs.KafkaJSProtocolError>>()
yes<Fits<ours.KafkaJSNumberOfRetriesExceeded, theirs.KafkaJSNumberOfRetriesExceeded>>()
yes<Fits<ours.KafkaJSConnectionError, theirs.KafkaJSConnectionError>>()
yes<Fits<ours.KafkaJSDeleteTopicRecordsError, theirs.KafkaJSDeleteTopicRecordsError>>()
