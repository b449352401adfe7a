// What the coming and going of a broker, or of one of its disks, means for the partitions it has replicas of.

import type { TopicImage } from '../image.ts'
import type { PartitionImage } from '../partition.ts'
import type { MetadataRecord } from '../records.ts'
import type { Controller } from './controller.ts'
import { type Circumstances, isActive, rulesOf } from './election-rules.ts'
import { changeOf, type Wanted } from './partition-change.ts'

/**
 * How many partitions one decision changes for the coming or going of a broker: twenty thousand in one would hold the event loop for a
 * tenth of a second. Kafka divides them too; whoever asked asks again until nothing is left.
 */
export const CHANGES_AT_ONCE = 250

/**
 * The changes when a broker stops serving, up to `CHANGES_AT_ONCE` of them: it leaves every ISR, and others lead in its place.
 * @param isLost it stopped without flushing, so it loses its right to lead as one of the ELR too (KIP-966)
 */
export function brokerLeaves(controller: Controller, id: number, isLost: boolean): MetadataRecord[] {
  const serves = (other: number) => other !== id && isActive(controller, other)
  return changesOf(
    controller,
    everywhere(controller),
    isLost ? { serves, lostBroker: id } : { serves },
    ({ isr, elr, leader }) => {
      const matters = isr.includes(id) || leader === id || (isLost && elr.includes(id))
      return matters ? { isr: without(isr, id) } : null
    },
  )
}

/** The changes when a broker serves again, up to `CHANGES_AT_ONCE` of them: it leads where nobody does and it may. */
export function brokerReturns(controller: Controller, id: number): MetadataRecord[] {
  const serves = (other: number) => other === id || isActive(controller, other)
  return changesOf(controller, leaderless(controller), { serves }, ({ replicas }) => (replicas.includes(id) ? {} : null))
}

/** The changes when log directories of a broker fail, up to `CHANGES_AT_ONCE` of them: what lies there leaves its ISR, and others lead. */
export function directoriesFail(controller: Controller, id: number, failed: readonly string[]): MetadataRecord[] {
  const serves = (other: number) => other !== id && isActive(controller, other)
  return changesOf(controller, everywhere(controller), { serves }, ({ replicas, directories, isr, leader }) => {
    const directory = directories[replicas.indexOf(id)]
    if (directory === undefined || !failed.includes(directory)) return null
    return isr.includes(id) || leader === id ? { isr: without(isr, id) } : null
  })
}

/** Elections wherever `concerned`, up to `CHANGES_AT_ONCE` of them. */
export function electWhere(
  controller: Controller,
  circumstances: (topic: TopicImage) => Circumstances | null,
  concerned: (partition: PartitionImage) => boolean,
): MetadataRecord[] {
  return changesOf(controller, everywhere(controller), circumstances, (partition) => (concerned(partition) ? {} : null))
}

/** Elections of partitions that nobody leads, up to `CHANGES_AT_ONCE` of them. */
export function electLeaderless(
  controller: Controller,
  circumstances: (topic: TopicImage) => Circumstances | null,
): MetadataRecord[] {
  return changesOf(controller, leaderless(controller), circumstances, () => ({}))
}

interface Place {
  readonly topic: TopicImage
  readonly partitions: Iterable<PartitionImage>
}

function* everywhere({ image }: Controller): Generator<Place> {
  for (const topic of image.topics.values()) yield { topic, partitions: topic.partitions }
}

/** Few, or none, however many partitions the cluster has. */
function* leaderless({ image }: Controller): Generator<Place> {
  for (const [id, indexes] of image.leaderless) {
    const topic = image.topicsById.get(id)!
    yield { topic, partitions: [...indexes].map((index) => topic.partitions[index]!) }
  }
}

/**
 * @param given what holds for elections; null for a topic that is passed over
 * @param wanted what a partition should have; null where it is not concerned
 */
function changesOf(
  controller: Controller,
  places: Iterable<Place>,
  given: Circumstances | ((topic: TopicImage) => Circumstances | null),
  wanted: (partition: PartitionImage) => Wanted | null,
): MetadataRecord[] {
  const records: MetadataRecord[] = []
  for (const { topic, partitions } of places) {
    const circumstances = typeof given === 'function' ? given(topic) : given
    if (circumstances === null) continue
    let rules: ReturnType<typeof rulesOf> | null = null
    for (const partition of partitions) {
      const want = wanted(partition)
      if (want === null) continue
      rules ??= rulesOf(controller, topic, circumstances)
      const change = changeOf(topic.id, partition, want, rules)
      if (change) records.push(change)
      if (records.length >= CHANGES_AT_ONCE) return records
    }
  }
  return records
}

function without(ids: readonly number[], id: number): readonly number[] {
  return ids.filter((other) => other !== id)
}
