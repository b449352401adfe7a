// What all messages of the quorum have in common: they are about the one partition of the metadata log.

import { type ErrorName, errorName } from '../../protocol/errors.ts'
import { METADATA_LOG } from '../format.ts'
import type { Answer, Standing } from '../quorum/events.ts'

export const PARTITION = 0
const NOBODY = -1

interface LeaderFields {
  readonly leaderId: number
  readonly leaderEpoch: number
}

interface NodeEndpoint {
  readonly nodeId: number
  readonly host: string
  readonly port: number
}

/** The partition of the metadata log in a list of topics; undefined where the message is about something else. */
export function metadataPartition<P>(
  topics: readonly { readonly topicName?: string; readonly name?: string; readonly partitions: readonly P[] }[],
  indexOf: (partition: P) => number,
): P | undefined {
  const [topic, ...others] = topics
  if (!topic || others.length > 0 || (topic.topicName ?? topic.name) !== METADATA_LOG) return undefined
  const [partition, ...more] = topic.partitions
  return partition && more.length === 0 && indexOf(partition) === PARTITION ? partition : undefined
}

export function leaderFields({ leaderId, epoch }: Standing): LeaderFields {
  return { leaderId: leaderId ?? NOBODY, leaderEpoch: epoch }
}

export function nodeEndpoints({ leaderId, leaderAddress }: Standing): NodeEndpoint[] {
  return leaderId === null || !leaderAddress ? [] : [{ nodeId: leaderId, host: leaderAddress.host, port: leaderAddress.port }]
}

export function standingOf(code: number, { leaderId, leaderEpoch }: LeaderFields, endpoints: readonly NodeEndpoint[]): Answer {
  const endpoint = endpoints.find(({ nodeId }) => nodeId === leaderId)
  return {
    error: errorName(code),
    epoch: leaderEpoch,
    leaderId: leaderId === NOBODY ? null : leaderId,
    leaderAddress: endpoint ? { host: endpoint.host, port: endpoint.port } : null,
  }
}

/** An answer that says nothing of a leader: the whole request was refused. */
export function refusal(error: ErrorName): Answer {
  return { error, epoch: -1, leaderId: null, leaderAddress: null }
}
