/** Groups of KIP-848, which Apache Kafka serves; ours says clearly that it does not yet. */
import assert from 'node:assert/strict'
import { javaMember, nameOf, ourMember, topic, until, write } from './world.mjs'

const PARTITIONS = 6

export async function newerSuite(world) {
  const { test, kind } = world
  if (kind === 'ours') {
    await test('groupProtocol=consumer is refused with a clear error', async () => {
      await topic(world, 'refused')
      const member = ourMember(world, 'refused', { groupId: 'refused', groupProtocol: 'consumer' })
      await until(
        () => 'an error',
        () => member.trouble !== null,
      )
      assert.equal(member.trouble.code, 'UNSUPPORTED_VERSION', String(member.trouble))
      await member.consumer.close()
    })
    return
  }
  for (const assignor of ['uniform', 'range']) {
    await test(`KIP-848, ${assignor}: two of ours share, hand over without a gap or a repetition, and who stays takes over`, () =>
      share(world, `newer-${assignor}`, () =>
        ourMember(world, `newer-${assignor}`, {
          groupId: `newer-${assignor}`,
          groupProtocol: 'consumer',
          groupRemoteAssignor: assignor,
        }),
      ))
  }
  await test('KIP-848: a group with a Java member', () =>
    share(
      world,
      'newer-java',
      () => javaMember(world, 'newer-java', { 'group.id': 'newer-java', 'group.protocol': 'consumer' }),
      true,
    ))
  await test('KIP-848: an online upgrade: a classic member and one of the new protocol share a group', () =>
    share(
      world,
      'upgrade',
      () => ourMember(world, 'upgrade', { groupId: 'upgrade', groupProtocol: 'consumer' }),
      () => ourMember(world, 'upgrade', { groupId: 'upgrade', partitionAssignmentStrategy: ['cooperative-sticky'] }),
    ))
  await test('KIP-848: a pattern that the coordinator matches, with a topic that comes later', async () => {
    await topic(world, 'pattern.one')
    const member = ourMember(
      world,
      { serverPattern: 'pattern\\..*' },
      { groupId: 'pattern', groupProtocol: 'consumer', metadataMaxAgeMs: 500 },
    )
    try {
      await until(
        () => member.has().join(),
        () => member.has().length === 1,
      )
      await topic(world, 'pattern.two')
      await until(
        () => member.has().join(),
        () => member.has().length === 2,
        60_000,
      )
      await write(world, 'pattern.two', ['here'])
      await until(
        () => member.records.join(),
        () => member.records.length === 1,
      )
    } finally {
      await member.close()
    }
  })
  await test('KIP-848: a static member comes back to what it had', async () => {
    await topic(world, 'static', PARTITIONS)
    const make = (groupInstanceId) =>
      ourMember(world, 'static', { groupId: 'static', groupProtocol: 'consumer', groupInstanceId })
    const one = make('one')
    const two = make('two')
    let again
    try {
      await until(
        () => `${one.has()} ${two.has()}`,
        () => one.has().length === 3 && two.has().length === 3,
      )
      const had = two.has()
      await two.close()
      again = make('two')
      await until(
        () => `${again.has()}`,
        () => again.has().length === 3,
      )
      assert.deepEqual(again.has(), had)
      assert.equal(one.has().length, 3)
    } finally {
      await one.close()
      await again?.close()
    }
  })
}

async function share(world, topicName, makeOther, firstIs = makeOther) {
  await topic(world, topicName, PARTITIONS)
  const all = Array.from({ length: PARTITIONS }, (_, partition) => nameOf({ topic: topicName, partition }))
  const first = firstIs === true ? ourMember(world, topicName, { groupId: topicName, groupProtocol: 'consumer' }) : firstIs()
  const members = [first]
  const told = () =>
    JSON.stringify(
      members.map((member) => ({ has: member.has(), records: member.records.length, trouble: String(member.trouble ?? '') })),
    )
  try {
    await until(told, () => first.has().length === PARTITIONS)
    await write(world, topicName, numbers(0, 300))
    await until(told, () => first.records.length === 300)
    const other = makeOther()
    members.push(other)
    await until(told, () => first.has().length === PARTITIONS / 2 && other.has().length === PARTITIONS / 2)
    assert.deepEqual([...first.has(), ...other.has()].sort(), all)
    assert.equal(first.revoked.length, PARTITIONS / 2, 'what stays is not revoked')
    await write(world, topicName, numbers(300, 600))
    await until(told, () => first.records.length + other.records.length >= 600)
    await first.close()
    members.shift()
    await until(told, () => other.has().length === PARTITIONS)
    await write(world, topicName, numbers(600, 700))
    await until(told, () => first.records.length + other.records.length >= 700)
    const values = [...first.records, ...other.records].map((record) => Number(record.split(' ')[2])).sort((a, b) => a - b)
    assert.deepEqual(values, numbers(0, 700))
  } finally {
    for (const member of members) await member.close()
  }
}

const numbers = (from, to) => Array.from({ length: to - from }, (_, i) => from + i)
