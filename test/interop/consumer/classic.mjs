/** Classic groups in which Kafka's own consumer is a member beside ours. */
import assert from 'node:assert/strict'
import { javaMember, nameOf, ourMember, topic, until, write } from './world.mjs'

const strategies = {
  range: 'org.apache.kafka.clients.consumer.RangeAssignor',
  roundrobin: 'org.apache.kafka.clients.consumer.RoundRobinAssignor',
  sticky: 'org.apache.kafka.clients.consumer.StickyAssignor',
  'cooperative-sticky': 'org.apache.kafka.clients.consumer.CooperativeStickyAssignor',
}
const PARTITIONS = 6

export async function classicSuite(world) {
  for (const [name, className] of Object.entries(strategies)) {
    for (const first of ['ours', 'java']) {
      await world.test(
        `${name}, ${first} leads: a group with a Java member shares all partitions, each record is read once, and who stays takes over`,
        () => share(world, `${name}-${first}`, { name, className, first }),
      )
    }
  }
}

async function share(world, topicName, { name, className, first }) {
  await topic(world, topicName, PARTITIONS)
  const all = Array.from({ length: PARTITIONS }, (_, partition) => nameOf({ topic: topicName, partition }))
  const groupId = `group-${topicName}`
  const make = {
    ours: () => ourMember(world, topicName, { groupId, partitionAssignmentStrategy: [name] }),
    java: () =>
      javaMember(world, topicName, {
        'group.id': groupId,
        'partition.assignment.strategy': className,
        'heartbeat.interval.ms': 200,
      }),
  }
  const leader = make[first]()
  const members = [leader]
  const told = () =>
    JSON.stringify(
      members.map((member) => ({ has: member.has(), records: member.records.length, trouble: String(member.trouble ?? '') })),
    )
  try {
    await until(told, () => leader.has().length === PARTITIONS)
    await write(world, topicName, numbers(0, 300))
    await until(told, () => leader.records.length === 300)
    const other = make[first === 'ours' ? 'java' : 'ours']()
    members.push(other)
    await until(told, () => leader.has().length === PARTITIONS / 2 && other.has().length === PARTITIONS / 2)
    assert.deepEqual([...leader.has(), ...other.has()].sort(), all)
    if (name === 'cooperative-sticky') assert.equal(leader.revoked.length, PARTITIONS / 2, 'what stays is not revoked')
    await write(world, topicName, numbers(300, 600))
    await until(told, () => leader.records.length + other.records.length >= 600)
    await leader.close()
    members.shift()
    await until(told, () => other.has().length === PARTITIONS)
    await write(world, topicName, numbers(600, 700))
    await until(told, () => leader.records.length + other.records.length >= 700)
    const values = [...leader.records, ...other.records].map((record) => Number(record.split(' ')[2])).sort((a, b) => a - b)
    assert.deepEqual(values, numbers(0, 700))
  } finally {
    for (const member of members) await member.close()
  }
}

const numbers = (from, to) => Array.from({ length: to - from }, (_, i) => from + i)
