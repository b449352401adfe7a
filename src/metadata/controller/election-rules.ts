// What holds for elections in a topic: which brokers serve, and the topic's configurations.

import type { TopicImage } from '../image.ts'
import { LOST_DIRECTORY, MIGRATING_DIRECTORY, type PartitionImage, UNASSIGNED_DIRECTORY } from '../partition.ts'
import type { Controller } from './controller.ts'
import type { Election } from './elections.ts'
import type { ChangeRules } from './partition-change.ts'

/** Whether a broker can lead and be counted on now. */
export function isActive({ image }: Controller, id: number): boolean {
  const broker = image.brokers.get(id)
  return broker !== undefined && !broker.fenced && !broker.inControlledShutdown
}

export interface Circumstances {
  /** Which brokers serve; default those that are active. */
  readonly serves?: (id: number) => boolean
  /** Default: unclean where the topic allows it. */
  readonly election?: Election
  readonly lostBroker?: number
}

export function rulesOf(controller: Controller, topic: TopicImage, circumstances: Circumstances = {}): ChangeRules {
  const { serves = (id) => isActive(controller, id), lostBroker } = circumstances
  return {
    canLead: (partition, id) => serves(id) && isDirectoryOnline(controller, partition, id),
    minInsyncReplicas: Number(effective(controller, topic, 'min.insync.replicas') ?? 1),
    hasEligibleLeaderReplicas: controller.image.hasEligibleLeaderReplicas,
    election: circumstances.election ?? (allowsUnclean(controller, topic) ? 'unclean' : 'online'),
    directoryOn: (id) => directoryOn(controller, id),
    ...(lostBroker === undefined ? {} : { lostBroker }),
  }
}

/** unclean.leader.election.enable of the topic. */
export function allowsUnclean(controller: Controller, topic: TopicImage): boolean {
  return effective(controller, topic, 'unclean.leader.election.enable') === 'true'
}

/** What a topic has of a configuration: its own value, the cluster's, the default. */
function effective({ image, settings }: Controller, topic: TopicImage, name: string): string | null {
  const resource = { type: 'topic', name: topic.name } as const
  const cluster = image.configsOf({ type: 'broker', name: '' })
  return image.configsOf(resource).get(name) ?? cluster.get(name) ?? settings.rules.defaultOf(resource, name)
}

/** A broker with one log directory has no choice; one with more says later which it took. */
export function directoryOn({ image }: Controller, id: number): string {
  const logDirs = image.brokers.get(id)?.logDirs ?? []
  return logDirs.length === 1 ? logDirs[0]! : UNASSIGNED_DIRECTORY
}

/** Whether the directory that holds a replica works, as far as it is known. */
function isDirectoryOnline({ image }: Controller, { replicas, directories }: PartitionImage, id: number): boolean {
  const directory = directories[replicas.indexOf(id)] ?? UNASSIGNED_DIRECTORY
  if (directory === UNASSIGNED_DIRECTORY || directory === MIGRATING_DIRECTORY) return true
  if (directory === LOST_DIRECTORY) return false
  const online = image.brokers.get(id)?.logDirs ?? []
  return online.length === 0 || online.includes(directory)
}
