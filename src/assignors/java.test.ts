// What Kafka's own assignors gave 1,920 times, as test/interop/consumer/record-assignors.mjs recorded it: ours give the same.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import type { Assignable, Assignor, Member, TopicPartition } from './assignor.ts'
import { assignors } from './index.ts'

type Pair = readonly [topic: string, partition: number]

interface Recorded {
  readonly question: {
    readonly assignor: string
    readonly topics: Readonly<Record<string, readonly (readonly string[])[]>>
    readonly members: readonly (Omit<Member, 'ownedPartitions' | 'userData'> & {
      ownedPartitions: Pair[]
      userData: string | null
    })[]
  }
  readonly answer: Readonly<Record<string, readonly Pair[]>> & { readonly error?: string }
}

const recorded: Recorded[] = JSON.parse(gunzipSync(readFileSync('test/data/java-assignors.json.gz')).toString())

for (const assignor of assignors) {
  test(`${assignor.name} gives what Kafka's own gives`, () => {
    const own = recorded.filter(({ question }) => question.assignor === assignor.name)
    assert.ok(own.length > 300, `${own.length} recorded`)
    const right = own.filter((each) => !isWrong(each))
    assert.ok(right.length > own.length * 0.9, `${own.length - right.length} of ${own.length} wrong`)
    for (const { question, answer } of right) {
      assert.deepEqual(assign(assignor, question), inOrder(answer), JSON.stringify(question))
    }
  })
}

/**
 * Where Kafka's own are not to be followed: one fails where too many members share a rack; the sticky ones take a group for one of equal subscriptions when
 * those without any come first in a hash map; and cooperative-sticky moves a partition in one step when its owner is in another rack.
 */
function isWrong({ question: { assignor, members }, answer }: Recorded): boolean {
  if (answer.error !== undefined) return true
  if (assignor.endsWith('sticky') && members.some(({ topics }) => topics.length === 0)) return true
  const nameOf = ([topic, partition]: Pair) => `${topic}/${partition}`
  const owners = new Map(
    members.flatMap(({ memberId, ownedPartitions }) => ownedPartitions.map((each) => [nameOf(each), memberId])),
  )
  return members.some(({ memberId, topics }) =>
    answer[memberId]!.some((each) => {
      const owner = owners.get(nameOf(each))
      const isMoved = assignor === 'cooperative-sticky' && owner !== undefined && owner !== memberId
      return !topics.includes(each[0]) || isMoved
    }),
  )
}

function assign(assignor: Assignor, { topics, members }: Recorded['question']) {
  const all = Object.entries(topics).map(([topic, partitions]): [string, Assignable[]] => [
    topic,
    partitions.map((racks, partition) => ({ topic, partition, racks })),
  ])
  const joined = members.map(({ ownedPartitions, userData, ...member }) => ({
    ...member,
    ownedPartitions: ownedPartitions.map(([topic, partition]) => ({ topic, partition })),
    userData: userData === null ? null : Buffer.from(userData, 'base64'),
  }))
  return inOrder(Object.fromEntries([...assignor.assign(new Map(all), joined)].map(([id, given]) => [id, given.map(pair)])))
}

function pair({ topic, partition }: TopicPartition): Pair {
  return [topic, partition]
}

/** The order inside of a member's list means nothing. */
function inOrder(answer: Readonly<Record<string, readonly Pair[]>>): Record<string, string[]> {
  return Object.fromEntries(
    Object.keys(answer)
      .sort()
      .map((id) => [id, answer[id]!.map(([topic, partition]) => `${topic}/${partition}`).sort()]),
  )
}
