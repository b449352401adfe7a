// The plans of kafka-reassign-partitions: which replicas a partition is to have, and in which directories, as JSON.

import { partitionKey } from '../../../client/admin/outcomes.ts'
import type { TopicPartition } from '../../../client/index.ts'
import { Failure } from '../failure.ts'
import { fieldOf, isObject, type Json, parseJson } from '../json-file.ts'

export interface PlannedPartition extends TopicPartition {
  readonly replicas: readonly number[]
}

/** A replica that is to lie in this directory of its broker. */
export interface PlannedReplica extends TopicPartition {
  readonly broker: number
  readonly logDir: string
}

export interface Plan {
  readonly partitions: readonly PlannedPartition[]
  readonly replicas: readonly PlannedReplica[]
}

const ANY = 'any'
const NO_JSON = 'The input string is not a valid JSON'

/** What the file says; a Failure where it is no plan. Partitions may stand in it twice. */
export function parsePlan(text: string): Plan {
  const json = objectOf(text)
  const listed = listOf(json['partitions'])
  const replicas = new Map<string, PlannedReplica>()
  const partitions = listed.map((each) => {
    const topic = fieldOf(each, 'topic', 'string')
    const partition = fieldOf(each, 'partition', 'number')
    const ids = items(each, 'replicas', 'number')
    const dirs = isObject(each) && each['log_dirs'] !== undefined ? items(each, 'log_dirs', 'string') : ids.map(() => ANY)
    if (ids.length !== dirs.length) {
      throw new Failure(
        `Size of replicas list ${shown(ids)} is different from size of log dirs list ${shown(dirs)} for partition ${partitionKey(topic, partition)}`,
      )
    }
    dirs.forEach((logDir, at) => {
      const broker = ids[at]!
      const replica = { topic, partition, broker, logDir }
      if (logDir !== ANY) replicas.set(replicaKey(replica), replica)
    })
    return { topic, partition, replicas: ids }
  })
  return { partitions, replicas: [...replicas.values()] }
}

/** As `parsePlan`, for one that is to be carried out: nothing may stand twice, or be empty. */
export function parseExecutedPlan(text: string): Plan {
  const plan = parsePlan(text)
  const { partitions } = plan
  if (partitions.length === 0) throw new Failure('Partition reassignment list cannot be empty')
  if (partitions.some(({ replicas }) => replicas.length === 0)) throw new Failure('Partition replica list cannot be empty')
  const twice = repeated(partitions.map(({ topic, partition }) => partitionKey(topic, partition)))
  if (twice.length > 0) {
    throw new Failure(`Partition reassignment contains duplicate topic partitions: ${twice.join(',')}`)
  }
  const wrong = partitions.filter(({ replicas }) => repeated(replicas).length > 0)
  if (wrong.length > 0) {
    const texts = wrong.map(
      ({ topic, partition, replicas }) =>
        `${partitionKey(topic, partition)} contains multiple entries for ${repeated(replicas).join(',')}`,
    )
    throw new Failure(`Partition replica lists may not contain duplicate entries: ${texts.join('. ')}`)
  }
  return plan
}

/** The topics that are to be moved. */
export function parseTopics(text: string): readonly string[] {
  const topics = listOf(objectOf(text)['topics']).map((each) => fieldOf(each, 'topic', 'string'))
  const twice = repeated(topics)
  if (twice.length > 0) throw new Failure(`List of topics to reassign contains duplicate entries: ${shown(twice)}`)
  return topics
}

/** A plan in one line. Where `dirs` names no directory of a replica, by its key, the broker chooses. */
export function planText(partitions: readonly PlannedPartition[], dirs: ReadonlyMap<string, string> = new Map()): string {
  return JSON.stringify({
    version: 1,
    partitions: inOrder(partitions).map(({ topic, partition, replicas }) => ({
      topic,
      partition,
      replicas,
      log_dirs: replicas.map((id) => dirs.get(replicaKey({ topic, partition, broker: id })) ?? ANY),
    })),
  })
}

/** topic-partition-broker */
export const replicaKey = ({ topic, partition, broker }: TopicPartition & { readonly broker: number }) =>
  `${partitionKey(topic, partition)}-${broker}`

/** By topic, then by number. */
export function inOrder<P extends TopicPartition>(partitions: Iterable<P>): P[] {
  return [...partitions].sort((a, b) => (a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1))
}

/** What stands in the list more than once, each once. */
export function repeated<T>(list: readonly T[]): T[] {
  return [...new Set(list.filter((each, at) => list.indexOf(each) !== at))]
}

/** As Java shows a list. */
export const shown = (list: readonly unknown[]) => `[${list.join(', ')}]`

function objectOf(text: string): { readonly [name: string]: Json } {
  const json = parseJson(text)
  if (json === undefined) throw new Failure(NO_JSON)
  if (!isObject(json)) throw new Failure(`Expected JSON object, received ${JSON.stringify(json)}`)
  const version = json['version'] === undefined ? 1 : fieldOf(json, 'version', 'number')
  if (version !== 1) throw new Failure(`Not supported version field value ${version}`)
  return json
}

function listOf(json: Json | undefined): readonly Json[] {
  if (json === undefined) return []
  if (!Array.isArray(json)) throw new Failure(`Expected JSON array, received ${JSON.stringify(json)}`)
  return json
}

function items<T extends 'string' | 'number'>(json: Json, name: string, kind: T): (T extends 'string' ? string : number)[] {
  const list = isObject(json) ? json[name] : undefined
  if (list === undefined) throw new Failure(`No such field exists: \`${name}\``)
  return listOf(list).map((item) => fieldOf({ item }, 'item', kind))
}
