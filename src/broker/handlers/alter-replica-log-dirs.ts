// AlterReplicaLogDirs (API 34): replicas of this broker go into another one of its log directories (KIP-113).

import { api } from '../../protocol/api.ts'
import { type ErrorName, errorCode, KafkaError } from '../../protocol/errors.ts'
import type { AlterReplicaLogDirsRequest, AlterReplicaLogDirsResponse } from '../../protocol/messages/alter-replica-log-dirs.ts'
import type { Replicas } from '../../replication/replicas.ts'
import { CLUSTER, type Handler, MOST_WEIGHT_AT_ONCE, type RequestContext } from '../handler.ts'
import type { Topics } from '../topics.ts'

export interface AlterReplicaLogDirsRooms {
  readonly topics: Topics
  readonly replicas: Replicas
  /** Paths of directories that could not be opened. */
  readonly lostDirs: readonly string[]
}

type Answers = Map<string, { partitionIndex: number; errorCode: number }[]>

export function alterReplicaLogDirs({
  topics,
  replicas,
  lostDirs,
}: AlterReplicaLogDirsRooms): Handler<AlterReplicaLogDirsRequest, AlterReplicaLogDirsResponse> {
  return {
    api: api('AlterReplicaLogDirs'),
    mostWeight: MOST_WEIGHT_AT_ONCE,
    requires: { operation: 'Alter', resource: CLUSTER },

    async handle(request, context) {
      const { slices } = context
      const wishes = new Map<string, Wish>()
      let seen = 0
      for (const wish of wishesIn(request)) {
        while (slices.isOverAt(seen++)) await slices.turn()
        wishes.set(`${wish.topic} ${wish.index}`, wish) // a partition that is named twice goes where it is named last, as with Kafka
      }
      const answers: Answers = new Map()
      for (const { topic, index, path } of wishes.values()) {
        put(answers, topic, index, await moveOne(topic, index, path, context))
        await slices.rest()
      }
      return { results: [...answers].map(([topicName, partitions]) => ({ topicName, partitions })) }
    },

    refuse: (request, error) => {
      const answers: Answers = new Map()
      for (const { topic, index } of wishesIn(request)) put(answers, topic, index, error.error)
      return { results: [...answers].map(([topicName, partitions]) => ({ topicName, partitions })) }
    },
  }

  async function moveOne(topic: string, index: number, path: string, context: RequestContext): Promise<ErrorName> {
    try {
      if (lostDirs.includes(path)) throw new KafkaError('KAFKA_STORAGE_ERROR', `the log directory ${path} could not be opened`)
      await replicas.move(topic, index, path)
      topics.partition(topic, index)
      return 'NONE'
    } catch (thrown) {
      const { error } = context.answerFor(thrown)
      // Kafka answers so for replicas that are not here (yet): they will be made where it was said.
      return error === 'NOT_LEADER_OR_FOLLOWER' ? 'REPLICA_NOT_AVAILABLE' : error
    }
  }
}

interface Wish {
  readonly topic: string
  readonly index: number
  readonly path: string
}

function* wishesIn({ dirs }: AlterReplicaLogDirsRequest): Generator<Wish> {
  for (const { path, topics } of dirs)
    for (const { name: topic, partitions } of topics) for (const index of partitions) yield { topic, index, path }
}

function put(answers: Answers, topic: string, partitionIndex: number, error: ErrorName): void {
  const answer = { partitionIndex, errorCode: errorCode(error) }
  const known = answers.get(topic)
  if (known) known.push(answer)
  else answers.set(topic, [answer])
}
