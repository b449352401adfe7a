// What the coming and going of a broker means for the partitions it has replicas of.

import type { TopicImage } from '../image.ts'
import { NO_LEADER, type PartitionImage } from '../partition.ts'
import type { MetadataRecord } from '../records.ts'
import type { Controller } from './controller.ts'
import { changeOf, type ElectionRules } from './elections.ts'

/** Whether a broker can lead and be counted on now. */
export function isActive({ image }: Controller, id: number): boolean {
  const broker = image.brokers.get(id)
  return broker !== undefined && !broker.fenced && !broker.inControlledShutdown
}

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
  return changesOf(controller, serves, isLost ? id : null, ({ isr, elr, leader }) => {
    const matters = isr.includes(id) || leader === id || (isLost && elr.includes(id))
    return matters ? isr.filter((other) => other !== id) : null
  })
}

/** The changes when a broker serves again, up to `CHANGES_AT_ONCE` of them: it leads where nobody does and it may. */
export function brokerReturns(controller: Controller, id: number): MetadataRecord[] {
  const serves = (other: number) => other === id || isActive(controller, other)
  return changesOf(controller, serves, null, ({ leader, replicas, isr }) =>
    leader === NO_LEADER && replicas.includes(id) ? isr : null,
  )
}

/** @param wanted the ISR that a partition should have; null where it is not concerned */
function changesOf(
  controller: Controller,
  serves: (id: number) => boolean,
  lostBroker: number | null,
  wanted: (partition: PartitionImage) => readonly number[] | null,
): MetadataRecord[] {
  const records: MetadataRecord[] = []
  for (const topic of controller.image.topics.values()) {
    let rules: ElectionRules | null = null
    for (const partition of topic.partitions) {
      const isr = wanted(partition)
      if (isr === null) continue
      rules ??= rulesOf(controller, topic, serves, lostBroker)
      const change = changeOf(topic.id, partition, isr, rules)
      if (change) records.push(change)
      if (records.length >= CHANGES_AT_ONCE) return records
    }
  }
  return records
}

function rulesOf(
  controller: Controller,
  topic: TopicImage,
  serves: (id: number) => boolean,
  lostBroker: number | null,
): ElectionRules {
  return {
    isActive: serves,
    minInsyncReplicas: Number(effective(controller, topic, 'min.insync.replicas') ?? 1),
    hasEligibleLeaderReplicas: controller.image.hasEligibleLeaderReplicas,
    allowsUnclean: effective(controller, topic, 'unclean.leader.election.enable') === 'true',
    ...(lostBroker === null ? {} : { lostBroker }),
  }
}

/** What a topic has of a configuration: its own value, the cluster's, the default. */
function effective({ image, settings }: Controller, topic: TopicImage, name: string): string | null {
  const resource = { type: 'topic', name: topic.name } as const
  const cluster = image.configsOf({ type: 'broker', name: '' })
  return image.configsOf(resource).get(name) ?? cluster.get(name) ?? settings.rules.defaultOf(resource, name)
}
