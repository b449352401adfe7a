// What only the leader of a partition answers: each is asked for its own partitions, and those that have moved meanwhile are asked for again.

import type { TopicPartition } from '../../assignors/index.ts'
import { brokerError, type ClientError } from '../errors/index.ts'
import type { Patience } from '../patience.ts'
import { clientErrorOf, isRetriable, type Link } from './link.ts'
import { leftOut, Outcomes, partitionKey } from './outcomes.ts'

export interface FromLeader<V> extends TopicPartition {
  readonly errorCode: number
  readonly errorMessage?: string | null | undefined
  readonly value: V
}

/** A topic that was made a moment ago is not known everywhere yet; after so many attempts it is taken for one that is not there. */
const ATTEMPTS = 5
const MAY_BE_NEW: ReadonlySet<string> = new Set(['UNKNOWN_TOPIC_OR_PARTITION', 'UNKNOWN_TOPIC_ID'])
/** Told at once. */
const FINAL: ReadonlySet<string> = new Set(['INVALID_TOPIC_EXCEPTION', 'TOPIC_AUTHORIZATION_FAILED'])

/** Asks until each partition has its outcome, or the patience ends; what is left then fails with what was last wrong with it. */
export async function askLeaders<P extends TopicPartition, V>(
  link: Link,
  partitions: readonly P[],
  patience: Patience,
  ask: (leader: number, some: readonly P[]) => Promise<readonly FromLeader<V>[]>,
): Promise<Outcomes<V>> {
  const outcomes = new Outcomes<V>()
  const open = new Map(partitions.map((each) => [partitionKey(each.topic, each.partition), each]))
  const settle = (key: string, error: ClientError) => {
    open.delete(key)
    outcomes.failed(key, error)
  }
  // What was done before stays told.
  const giveUp = (thrown: unknown) => {
    for (const key of [...open.keys()]) settle(key, clientErrorOf(thrown))
    return new Map<number, P[]>()
  }
  for (let round = 0; open.size > 0; round++) {
    const troubles = new Map<string, ClientError>()
    const leaders = await leadersOf(link, [...open.values()], patience, troubles).catch(giveUp)
    await Promise.all(
      [...leaders].map(async ([leader, some]) => {
        try {
          const left = new Set(some.map(({ topic, partition }) => partitionKey(topic, partition)))
          for (const { topic, partition, errorCode: code, errorMessage, value } of await ask(leader, some)) {
            const key = partitionKey(topic, partition)
            left.delete(key)
            if (code !== 0) troubles.set(key, brokerError(code, `${patience.what} of ${key}`, errorMessage))
            else if (open.delete(key)) outcomes.succeeded(key, value)
          }
          for (const key of left) troubles.set(key, leftOut(`${patience.what} of ${key}`))
        } catch (thrown) {
          for (const { topic, partition } of some) troubles.set(partitionKey(topic, partition), clientErrorOf(thrown))
        }
      }),
    )
    for (const [key, error] of troubles) {
      const isOver = FINAL.has(error.code) || (round + 1 >= ATTEMPTS && MAY_BE_NEW.has(error.code))
      if (!isRetriable(error) || isOver) settle(key, error)
      else patience.blame(error)
    }
    if (open.size === 0) break
    if (patience.leftMs === 0) for (const key of [...open.keys()]) settle(key, troubles.get(key) ?? patience.timeout())
    else await patience.sleep(Math.min(link.cluster.retries.pauseMs(round), patience.leftMs)).catch(giveUp)
  }
  return outcomes
}

async function leadersOf<P extends TopicPartition>(
  link: Link,
  partitions: readonly P[],
  patience: Patience,
  troubles: Map<string, ClientError>,
): Promise<Map<number, P[]>> {
  const metadata = await link.topicsNow([...new Set(partitions.map(({ topic }) => topic))], patience)
  const leaders = new Map<number, P[]>()
  for (const each of partitions) {
    const { errorCode, leaderOf } = metadata.get(each.topic) ?? { errorCode: 3, leaderOf: new Map<number, number>() }
    const key = partitionKey(each.topic, each.partition)
    const leader = leaderOf.get(each.partition)
    if (errorCode !== 0 && leaderOf.size === 0) troubles.set(key, brokerError(errorCode, `${patience.what} of ${key}`))
    else if (leader === undefined) troubles.set(key, brokerError('UNKNOWN_TOPIC_OR_PARTITION', `${patience.what} of ${key}`))
    else if (leader < 0) troubles.set(key, brokerError('LEADER_NOT_AVAILABLE', `${patience.what} of ${key}`))
    else {
      const own = leaders.get(leader)
      if (own) own.push(each)
      else leaders.set(leader, [each])
    }
  }
  return leaders
}
