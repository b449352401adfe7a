// ListOffsets (API 2): where a partition begins and ends, and which record was the first at or after a time.

import { api } from '../../protocol/api.ts'
import { KafkaError } from '../../protocol/errors.ts'
import type { ListOffsetsRequest, ListOffsetsResponse } from '../../protocol/messages/list-offsets.ts'
import type { Input, Item } from '../../protocol/schema.ts'
import type { Partition } from '../../replication/partition.ts'
import type { Handler, RequestContext } from '../handler.ts'
import type { Topics } from '../topics.ts'

type Asked = ListOffsetsRequest['topics'][number]['partitions'][number]
type Answer = Item<Item<Input<ListOffsetsResponse>['topics']>['partitions']>

/** Negative timestamps are questions of their own; each exists from some version on. */
const questions = {
  latest: { timestamp: -1, since: 1 },
  earliest: { timestamp: -2, since: 1 },
  maxTimestamp: { timestamp: -3, since: 7 },
  earliestLocal: { timestamp: -4, since: 8 },
  latestTiered: { timestamp: -5, since: 9 },
  earliestPendingUpload: { timestamp: -6, since: 11 },
} as const
type Question = keyof typeof questions

const READ_COMMITTED = 1
const OFFSET_NOT_AVAILABLE_SINCE = 5
/** Answers name the leader epoch of the found record since this version. */
const EPOCH_SINCE = 4
const NOT_FOUND = { timestamp: -1, offset: -1, leaderEpoch: -1 }

export function listOffsets({ topics }: { topics: Topics }): Handler<ListOffsetsRequest, ListOffsetsResponse> {
  return {
    api: api('ListOffsets'),

    async handle(request, context) {
      return {
        topics: await context.slices.map(await byName(request, context), async ({ name, partitions }) => {
          const { once, twice } = await counted(partitions, context)
          return {
            name,
            partitions: await context.slices.map(once, (asked) =>
              twice.has(asked.partitionIndex)
                ? failure(asked, new KafkaError('INVALID_REQUEST'))
                : answerOne(name, asked, request, context),
            ),
          }
        }),
      }
    },

    refuse: (request, error) => ({
      topics: request.topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map((asked) => failure(asked, error)),
      })),
    }),
  }

  async function answerOne(topic: string, asked: Asked, request: ListOffsetsRequest, context: RequestContext): Promise<Answer> {
    try {
      if (!context.may('Describe', { type: 'Topic', name: topic })) throw new KafkaError('TOPIC_AUTHORIZATION_FAILED')
      const partition = topics.partition(topic, asked.partitionIndex)
      partition.requireLeader(asked.currentLeaderEpoch)
      const found = await lookUp(partition, asked, request, context.version)
      return {
        partitionIndex: asked.partitionIndex,
        errorCode: 0,
        ...found,
        ...(context.version < EPOCH_SINCE ? { leaderEpoch: -1 } : {}),
      }
    } catch (thrown) {
      return failure(asked, context.answerFor(thrown))
    }
  }
}

/** A topic that comes in two entries is answered in one. */
async function byName({ topics }: ListOffsetsRequest, { slices }: RequestContext): Promise<ListOffsetsRequest['topics']> {
  const names = new Set<string>()
  await slices.each(topics, ({ name }) => void names.add(name))
  if (names.size === topics.length) return topics
  const found = new Map<string, Asked[]>()
  let seen = 0
  for (const { name, partitions } of topics) {
    let all = found.get(name)
    if (!all) found.set(name, (all = []))
    for (const asked of partitions) {
      while (slices.isOverAt(seen++)) await slices.turn()
      all.push(asked)
    }
    while (slices.isOverAt(seen++)) await slices.turn()
  }
  return [...found].map(([name, partitions]) => ({ name, partitions }))
}

async function lookUp(
  partition: Partition,
  { timestamp, currentLeaderEpoch }: Asked,
  { replicaId, isolationLevel }: Pick<ListOffsetsRequest, 'replicaId' | 'isolationLevel'>,
  version: number,
) {
  await partition.settled()
  // Somebody else may have come to lead meanwhile. What this broker knows of the end would send a client back then, and make a follower cut.
  partition.requireLeader(currentLeaderEpoch)
  const { log, leaderEpoch, term } = partition
  // What is committed may lie behind a new leader's high watermark for a moment: to say that it is not there would make a client go back (KIP-207).
  const requireKnown = () => {
    if (replicaId >= 0 || partition.isHighWatermarkKnown) return
    const error = version >= OFFSET_NOT_AVAILABLE_SINCE ? 'OFFSET_NOT_AVAILABLE' : 'LEADER_NOT_AVAILABLE'
    throw new KafkaError(error, `${partition.name} has a new leader that does not know yet what is committed`)
  }
  const below = (found: { timestamp: number; offset: number; leaderEpoch: number } | null) => {
    if (partition.term !== term)
      throw new KafkaError(
        'NOT_LEADER_OR_FOLLOWER',
        `${partition.name} has another leader, or another epoch, than when it was asked`,
      )
    if (found && found.offset < visibleEndOf(partition, replicaId, isolationLevel)) return found
    requireKnown()
    return NOT_FOUND
  }
  if (timestamp >= 0) return below(await log.offsetForTimestamp(timestamp))
  switch (questionFor(timestamp, version)) {
    case 'latest':
      requireKnown()
      return { timestamp: -1, offset: visibleEndOf(partition, replicaId, isolationLevel), leaderEpoch }
    case 'earliest':
    case 'earliestLocal':
      return { timestamp: -1, offset: partition.startOffset, leaderEpoch: log.epochAt(partition.startOffset) ?? leaderEpoch }
    case 'maxTimestamp':
      return below(await log.maxTimestampOffset())
    case 'latestTiered':
    case 'earliestPendingUpload':
      return NOT_FOUND // nothing is tiered: there is no remote log
  }
}

/** A follower asks where the log ends, a consumer how far it may read. */
function visibleEndOf(
  { endOffset, lastStableOffset, highWatermark }: Partition,
  replicaId: number,
  isolationLevel: number,
): number {
  if (replicaId >= 0) return endOffset
  return isolationLevel === READ_COMMITTED ? lastStableOffset : highWatermark
}

function questionFor(timestamp: number, version: number): Question {
  for (const [name, question] of Object.entries(questions)) {
    if (question.timestamp === timestamp && version >= question.since) return name as Question
  }
  throw new KafkaError('UNSUPPORTED_VERSION', `timestamp ${timestamp} means nothing in version ${version}`)
}

interface Counted {
  readonly once: readonly Asked[]
  readonly twice: ReadonlySet<number>
}

/** Each partition as it was first asked for, and which ones came again. */
async function counted(partitions: readonly Asked[], { slices }: RequestContext): Promise<Counted> {
  const seen = new Set<number>()
  const twice = new Set<number>()
  const once: Asked[] = []
  await slices.each(partitions, (asked) => {
    if (seen.has(asked.partitionIndex)) return void twice.add(asked.partitionIndex)
    seen.add(asked.partitionIndex)
    once.push(asked)
  })
  return { once, twice }
}

function failure({ partitionIndex }: Asked, error: KafkaError): Answer {
  return { partitionIndex, errorCode: error.code, ...NOT_FOUND }
}
