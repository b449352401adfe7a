/** Groups: members that divide, Java's among them; members that go and that are killed; what a group is configured to see. */
import assert from 'node:assert/strict'
import {
  consumer,
  explicit,
  failure,
  healthy,
  javaMember,
  memberToKill,
  numbers,
  runner,
  sleep,
  sorted,
  stage,
  take,
  until,
  using,
  valuesOf,
  write,
} from './world.mjs'

export async function groups(world) {
  const { test, client, tools, broker } = world

  await test('three members divide one partition: each record once, and everybody has some', () =>
    divide(world, 'one-partition', 1, () => [1, 2, 3].map(() => runner(world, 'one-partition', slowly))))

  await test('members divide several partitions', () =>
    divide(world, 'partitions', 4, () => [1, 2].map(() => runner(world, 'partitions', slowly))))

  await test("one group with Kafka's own share consumer: each record once, and both have some", () =>
    divide(world, 'with-java', 2, () => [
      javaMember(world, 'with-java', { 'max.poll.records': 10 }),
      runner(world, 'with-java', slowly),
    ]))

  await test("what Kafka's own releases comes to ours with a higher count, and the other way round", async () => {
    const group = await stage(world, 'handed-over')
    await write(world, group, ['a'])
    const java = javaMember(world, group, { say: 'release' })
    try {
      await until(
        () => JSON.stringify(java.records),
        () => healthy([java]) && java.records.length > 0,
      )
    } finally {
      await java.close()
    }
    const last = java.records.at(-1).deliveryCount
    if (last < 5) {
      await using([consumer(world, group)], async (one) => {
        const [record] = await take(one, 1)
        assert.ok(record.deliveryCount > last)
        await one.commitSync()
      })
    }
    await write(world, group, ['b'])
    await using([consumer(world, group, explicit)], async (one) => {
      const [record] = await take(one, 1)
      one.acknowledge(record, 'release')
      await one.commitSync()
    })
    const other = javaMember(world, group)
    try {
      await until(
        () => JSON.stringify(other.records),
        () => healthy([other]) && other.records.length > 0,
      )
      assert.deepEqual(
        other.records.map(({ value, deliveryCount }) => [value, deliveryCount]),
        [['b', 2]],
      )
    } finally {
      await other.close()
    }
  })

  await test('a member that closes gives back what it has at once', async () => {
    const group = await stage(world, 'closed', { 'share.record.lock.duration.ms': 60_000 })
    await write(world, group, numbers(0, 3))
    await using([consumer(world, group)], async (one) => assert.equal((await take(one, 3)).length, 3))
    await using([consumer(world, group)], async (two) => {
      const records = await take(two, 3, 20_000)
      assert.deepEqual(
        records.map(({ value, deliveryCount }) => [value, deliveryCount]),
        numbers(0, 3).map((value) => [value, 2]),
      )
    })
  })

  await test('what a killed member had comes to another', async () => {
    const group = await stage(world, 'killed', { 'share.record.lock.duration.ms': 5000 })
    await write(world, group, numbers(0, 3))
    const { child, has } = memberToKill(world, group, world.library)
    await until(
      () => child.output,
      () => {
        if (child.exited) throw new Error(child.output.slice(-300))
        return has.length === 3
      },
    )
    child.destroy()
    await using([consumer(world, group)], async (two) => {
      const records = await take(two, 3)
      assert.deepEqual(
        records.map(({ value, deliveryCount }) => [value, deliveryCount]),
        numbers(0, 3).map((value) => [value, 2]),
      )
    })
  })

  for (const level of ['read_committed', 'read_uncommitted']) {
    await test(`share.isolation.level=${level} of the group says whether aborted transactions are seen`, async () => {
      const group = await stage(world, `isolation-${level}`, { 'share.isolation.level': level })
      const producer = new client.Producer({ bootstrapServers: broker.bootstrap, transactionalId: group })
      try {
        await producer.initTransactions()
        for (const [values, isCommitted] of [
          [numbers(0, 3), true],
          [['no', 'never'], false],
          [numbers(3, 6), true],
        ]) {
          producer.beginTransaction()
          await producer.sendAll(values.map((value) => ({ topic: group, value })))
          if (isCommitted) await producer.commitTransaction()
          else await producer.abortTransaction()
        }
      } finally {
        await producer.close()
      }
      const expected = level === 'read_committed' ? numbers(0, 6) : ['0', '1', '2', 'no', 'never', '3', '4', '5']
      await using([consumer(world, group)], async (one) => {
        const heard = []
        one.setAcknowledgementCommitCallback(({ offsets, error }) => void heard.push(...(error ? [error] : offsets)))
        assert.deepEqual(valuesOf(await take(one, expected.length)), expected)
        assert.deepEqual(await one.poll({ timeoutMs: 1000 }), [])
        await one.commitSync()
        assert.equal(heard.length, expected.length, heard.join())
      })
      // Markers are behind the group as well: nothing is left of the topic.
      await using([consumer(world, group)], async (two) => {
        assert.deepEqual(await two.poll({ timeoutMs: 1000 }), [])
        await write(world, group, ['after'])
        assert.deepEqual(valuesOf(await take(two, 1)), ['after'])
      })
    })
  }

  await test('share.auto.offset.reset=latest: a new group sees what comes from then on', async () => {
    const group = await stage(world, 'latest', { 'share.auto.offset.reset': 'latest' })
    await write(world, group, ['before'])
    const member = runner(world, group)
    try {
      const sent = []
      await until(
        () => `${valuesOf(member.records)}; ${sent.length} were sent`,
        async () => {
          sent.push(`${sent.length}`)
          await write(world, group, sent.slice(-1))
          return healthy([member]) && member.records.length > 0
        },
      )
      assert.ok(!valuesOf(member.records).includes('before'))
    } finally {
      await member.close()
    }
  })

  await test('several topics, of which one comes later, and partitions that are added', async () => {
    const group = await stage(world, 'topics')
    const where = ['--bootstrap-server', broker.bootstrap]
    const member = runner(world, group, { config: { metadataMaxAgeMs: 300, allowAutoCreateTopics: false } })
    try {
      member.consumer.subscribe([group, 'topics-later'])
      await write(world, group, ['one'])
      await until(
        () => valuesOf(member.records).join(),
        () => healthy([member]) && member.records.length === 1,
      )
      await tools.must('kafka-topics', [...where, '--create', '--topic', 'topics-later', '--partitions', 1])
      await tools.must('kafka-topics', [...where, '--alter', '--topic', group, '--partitions', 2])
      await write(world, 'topics-later', ['two'])
      await write(world, group, ['three'], { partition: 1 })
      await until(
        () => valuesOf(member.records).join(),
        () => healthy([member]) && member.records.length === 3,
      )
      assert.deepEqual(valuesOf(member.records).sort(), ['one', 'three', 'two'])
    } finally {
      await member.close()
    }
  })

  await test('a group of another kind is refused with a typed error', async () => {
    const group = await stage(world, 'classic')
    const classic = new client.Consumer({ bootstrapServers: broker.bootstrap, groupId: group, autoOffsetReset: 'earliest' })
    try {
      classic.subscribe(group)
      await write(world, group, ['a'])
      await classic.poll()
      await using([consumer(world, group)], async (one) => {
        const why = await failure(one.poll({ timeoutMs: 20_000 }))
        assert.ok(why instanceof client.ClientError)
        assert.equal(why.code, 'GROUP_ID_NOT_FOUND', why.message)
      })
    } finally {
      await classic.close()
    }
  })
}

const slowly = { config: { maxPollRecords: 10 }, workMs: 2 }

/** So many records that all members have some; each is somebody's, once. */
async function divide(world, group, partitions, makeMembers) {
  await stage(world, group, { partitions })
  const members = makeMembers()
  const total = () => members.reduce((sum, { records }) => sum + records.length, 0)
  const told = () => members.map(({ records, trouble }) => `${records.length} ${trouble ?? ''}`).join(', ')
  let sent = 0
  try {
    await until(told, async () => {
      for (let partition = 0; partition < partitions; partition++) {
        await write(world, group, numbers(sent, sent + 50), { partition, batchSize: 100 })
        sent += 50
      }
      await sleep(100)
      return healthy(members) && members.every(({ records }) => records.length > 0)
    })
    await until(told, () => healthy(members) && total() >= sent)
    await sleep(500)
    const values = members.flatMap(({ records }) => valuesOf(records))
    assert.deepEqual(sorted(values), numbers(0, sent))
    assert.ok(members.every(({ records }) => records.every(({ deliveryCount }) => deliveryCount === 1)))
  } finally {
    await Promise.all(members.map((member) => member.close()))
  }
}
