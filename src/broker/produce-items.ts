// What a Produce request asks for, topic by topic and batch by batch: at once for a few, in slices for as many as a request may hold.

import type { Slices } from '../platform/slices.ts'
import type { ProduceRequest } from '../protocol/messages/produce.ts'
import { HEADER_SIZE, RecordBatch } from '../protocol/records/batch.ts'
import { type Line, producerLine } from './produce-order.ts'

export type Topic = ProduceRequest['topicData'][number]
export type PartitionData = Topic['partitionData'][number]

/** One batch for one partition. */
export interface Item {
  readonly topic: Topic
  readonly data: PartitionData
}

/** What a long request asks for, once each. */
export interface Asked {
  readonly topics: readonly Topic[]
  readonly items: readonly Item[]
  /** The lines of all producers with an id. */
  readonly producers: readonly Line[]
  /** Of all records together. */
  readonly sizeInBytes: number
}

/** Names and partitions that come twice count once, the last time (as Kafka keeps them in a map). */
export function distinct(topicData: readonly Topic[]): readonly Topic[] {
  if (topicData.length === 1 && topicData[0]!.partitionData.length === 1) return topicData
  const found = new Map<string, Entry>()
  for (const topic of topicData) {
    const partitions = partitionsOf(topic, found)
    for (const data of topic.partitionData) partitions.set(data.index, data)
  }
  return [...found.values()].map(topicOf)
}

/** All that can be known before the first batch is looked at. */
export async function askedInSlices({ topicData }: ProduceRequest, slices: Slices): Promise<Asked> {
  const found = new Map<string, Entry>()
  await eachBatch(topicData, slices, (topic, data) => void partitionsOf(topic, found).set(data.index, data))
  const topics = await slices.map([...found.values()], topicOf)
  const items: Item[] = []
  const producers = new Set<Line>()
  let sizeInBytes = 0
  await eachBatch(topics, slices, (topic, data) => {
    items.push({ topic, data })
    sizeInBytes += data.records?.length ?? 0
    const line = producerOf(data)
    if (line !== null) producers.add(line)
  })
  return { topics, items, producers: [...producers], sizeInBytes }
}

/** Null for a batch without an id. */
export function producerOf({ records }: PartitionData): Line | null {
  if (records === null || records.length < HEADER_SIZE) return null
  const { producerId } = new RecordBatch(records)
  return producerId < 0 ? null : producerLine(producerId)
}

interface Entry {
  readonly topic: Topic
  readonly partitions: Map<number, PartitionData>
}

/** Where partitions of this topic are collected; a topic without any leaves no trace. */
function partitionsOf(topic: Topic, found: Map<string, Entry>): Map<number, PartitionData> {
  if (topic.partitionData.length === 0) return NONE
  const key = topic.name || topic.topicId
  let entry = found.get(key)
  if (!entry) found.set(key, (entry = { topic, partitions: new Map() }))
  return entry.partitions
}

const NONE = new Map<number, PartitionData>()

function topicOf({ topic: { name, topicId }, partitions }: Entry): Topic {
  return { name, topicId, partitionData: [...partitions.values()] }
}

async function eachBatch(
  topics: readonly Topic[],
  slices: Slices,
  look: (topic: Topic, data: PartitionData) => void,
): Promise<void> {
  let seen = 0
  for (const topic of topics) {
    while (slices.isOverAt(seen++)) await slices.turn()
    for (const data of topic.partitionData) {
      look(topic, data)
      while (slices.isOverAt(seen++)) await slices.turn()
    }
  }
}
