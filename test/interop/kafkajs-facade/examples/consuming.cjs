// Consuming, as the documentation tells of it.
const assert = require('node:assert/strict')
const { AssignerProtocol } = require('kafkajs')
const { consumed, end, kafkaOf, step, topicOf, until } = require('./lib.cjs')

const { MemberAssignment, MemberMetadata } = AssignerProtocol
const text = ({ message }) => message.value.toString()

async function main() {
  const kafka = kafkaOf()
  const consumerOf = (groupId, config = {}) =>
    kafka.consumer({ groupId: `${groupId}-${Date.now()}`, maxWaitTimeInMs: 100, ...config })
  const committedOf = async (groupId, topic) => {
    const admin = kafka.admin()
    await admin.connect()
    const [{ partitions }] = await admin.fetchOffsets({ groupId, topics: [topic] })
    await admin.disconnect()
    return partitions.map(({ offset }) => offset)
  }

  await step('eachMessage', async () => {
    const topic = await topicOf(kafka, 'each-message', { partitions: 2, messages: 20 })
    const consumer = consumerOf('each-message')
    const found = []
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    await consumer.run({
      eachMessage: async ({ topic: name, partition, message, heartbeat }) => {
        await heartbeat()
        found.push({ name, partition, message })
      },
    })
    await until(
      () => found.length === 20,
      () => `${found.length}`,
    )
    await consumer.disconnect()
    assert.ok(found.every(({ name, message }) => name === topic && Buffer.isBuffer(message.value)))
    const zero = found.filter(({ partition }) => partition === 0).map(text)
    assert.deepEqual(zero, ['0', '2', '4', '6', '8', '10', '12', '14', '16', '18'])
  })

  await step('eachBatch', async () => {
    const topic = await topicOf(kafka, 'each-batch', { messages: 50 })
    const groupId = `each-batch-${Date.now()}`
    const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 100 })
    const found = []
    await consumer.connect()
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    await consumer.run({
      eachBatchAutoResolve: true,
      eachBatch: async ({
        batch,
        resolveOffset,
        heartbeat,
        commitOffsetsIfNecessary,
        uncommittedOffsets,
        isRunning,
        isStale,
      }) => {
        assert.deepEqual([batch.topic, batch.partition, batch.highWatermark, batch.isEmpty()], [topic, 0, '50', false])
        assert.equal(batch.firstOffset(), batch.messages[0].offset)
        for (const message of batch.messages) {
          if (!isRunning() || isStale()) break
          found.push(message.value.toString())
          resolveOffset(message.offset)
          await heartbeat()
        }
        assert.equal(uncommittedOffsets().topics[0].topic, topic)
        await commitOffsetsIfNecessary()
      },
    })
    await until(
      () => found.length === 50,
      () => `${found.length}`,
    )
    await until(
      async () => (await committedOf(groupId, topic))[0] === '50',
      () => 'committed',
    )
    await consumer.disconnect()
    assert.deepEqual(
      found,
      Array.from({ length: 50 }, (_, i) => String(i)),
    )
  })

  await step('what eachBatch does not resolve comes again', async () => {
    const topic = await topicOf(kafka, 'unresolved', { messages: 10 })
    const consumer = consumerOf('unresolved')
    const firsts = []
    await consumer.connect()
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    await consumer.run({
      eachBatchAutoResolve: false,
      eachBatch: async ({ batch, resolveOffset }) => {
        firsts.push(batch.firstOffset())
        resolveOffset(String(Number(batch.firstOffset()) + 2))
      },
    })
    await until(
      () => firsts.length >= 3,
      () => `${firsts}`,
    )
    await consumer.disconnect()
    assert.deepEqual(firsts.slice(0, 3), ['0', '3', '6'])
  })

  await step('partitions consumed concurrently', async () => {
    const topic = await topicOf(kafka, 'concurrent', { partitions: 3, messages: 3 })
    let most = 0
    let now = 0
    const eachMessage = async () => {
      most = Math.max(most, ++now)
      await new Promise((resume) => setTimeout(resume, 300))
      now--
      count++
    }
    let count = 0
    const run = { partitionsConsumedConcurrently: 3, eachMessage }
    await consumed(kafka, topic, () => count === 3, { run })
    assert.equal(most, 3)
  })

  await step('autoCommit: by interval, by threshold, and by hand', async () => {
    const topic = await topicOf(kafka, 'commits', { messages: 10 })
    const groupId = `commits-${Date.now()}`
    const commits = []
    const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 100 })
    consumer.on(consumer.events.COMMIT_OFFSETS, ({ payload }) => commits.push(payload.topics[0].partitions[0].offset))
    await consumer.connect()
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    await consumer.run({ autoCommitThreshold: 4, eachMessage: async () => {} })
    await until(
      async () => (await committedOf(groupId, topic))[0] === '10',
      () => 'committed',
    )
    await consumer.disconnect()
    assert.deepEqual(commits, ['4', '8', '10'])

    const byHand = `by-hand-${Date.now()}`
    const second = kafka.consumer({ groupId: byHand, maxWaitTimeInMs: 100 })
    let seen = 0
    await second.connect()
    await second.subscribe({ topics: [topic], fromBeginning: true })
    await second.run({ autoCommit: false, eachMessage: async () => void seen++ })
    await until(
      () => seen === 10,
      () => `${seen}`,
    )
    assert.deepEqual(await committedOf(byHand, topic), ['-1'])
    await second.commitOffsets([{ topic, partition: 0, offset: '6', metadata: 'mine' }])
    assert.deepEqual(await committedOf(byHand, topic), ['6'])
    await second.disconnect()
  })

  await step('from the beginning, or what comes from now on', async () => {
    const topic = await topicOf(kafka, 'from-now', { messages: 5 })
    const consumer = consumerOf('from-now')
    const found = []
    await consumer.connect()
    await consumer.subscribe({ topics: [topic] })
    await consumer.run({ eachMessage: async ({ message }) => void found.push(message.value.toString()) })
    const producer = kafka.producer()
    await producer.connect()
    let sent = 0
    await until(
      async () => {
        await producer.send({ topic, messages: [{ value: `new ${sent++}` }] })
        return found.length > 0
      },
      () => 'a new one',
    )
    await producer.disconnect()
    await consumer.disconnect()
    assert.match(found[0], /^new/)
  })

  await step('subscribing by a regular expression', async () => {
    const mark = `regex${Date.now()}`
    const [a, b] = [await topicOf(kafka, `${mark}-a`, { messages: 1 }), await topicOf(kafka, `${mark}-b`, { messages: 1 })]
    const consumer = consumerOf('regex')
    const found = new Set()
    await consumer.connect()
    await consumer.subscribe({ topics: [new RegExp(`${mark}-.*`, 'i')], fromBeginning: true })
    await consumer.run({ eachMessage: async ({ topic }) => void found.add(topic) })
    await until(
      () => found.size === 2,
      () => [...found].join(),
    )
    await consumer.disconnect()
    assert.deepEqual([...found].sort(), [a, b].sort())
  })

  await step('pause and resume', async () => {
    const topic = await topicOf(kafka, 'pause', { messages: 3 })
    const consumer = consumerOf('pause')
    const found = []
    await consumer.connect()
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    await consumer.run({
      eachMessage: async ({ message }) => {
        if (message.offset === '1' && !found.includes('paused')) {
          consumer.pause([{ topic }])
          found.push('paused')
          setTimeout(() => consumer.resume([{ topic }]), 500)
          throw new Error('too many requests')
        }
        found.push(message.offset)
      },
    })
    await until(
      () => consumer.paused().length === 1,
      () => 'paused',
    )
    assert.deepEqual(consumer.paused(), [{ topic, partitions: [0] }])
    await until(
      () => found.length === 4,
      () => `${found}`,
    )
    await consumer.disconnect()
    assert.deepEqual(found, ['0', 'paused', '1', '2'])
  })

  await step('seek', async () => {
    const topic = await topicOf(kafka, 'seek', { messages: 10 })
    const consumer = consumerOf('seek')
    const found = []
    await consumer.connect()
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    await consumer.run({ eachMessage: async ({ message }) => void found.push(message.offset) })
    consumer.seek({ topic, partition: 0, offset: '7' })
    await until(
      () => found.at(-1) === '9',
      () => `${found}`,
    )
    consumer.seek({ topic, partition: 0, offset: '9' })
    await until(
      () => found.filter((offset) => offset === '9').length === 2,
      () => `${found}`,
    )
    await consumer.disconnect()
    assert.deepEqual(found.slice(-4), ['7', '8', '9', '9'])
  })

  await step('seek and pause without waiting for run', async () => {
    const topic = await topicOf(kafka, 'at-once', { partitions: 2, messages: 20 })
    const consumer = consumerOf('at-once')
    const found = []
    await consumer.connect()
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    const started = consumer.run({ eachMessage: async ({ partition, message }) => void found.push([partition, message.offset]) })
    consumer.seek({ topic, partition: 0, offset: '8' })
    consumer.pause([{ topic, partitions: [1] }])
    await started
    await until(
      () => found.length === 2,
      () => `${found}`,
    )
    assert.deepEqual(found, [
      [0, '8'],
      [0, '9'],
    ])
    consumer.resume([{ topic }])
    await until(
      () => found.length === 12,
      () => `${found}`,
    )
    await consumer.disconnect()
  })

  await step('a handler that throws has its message again, and what is before it is committed', async () => {
    const topic = await topicOf(kafka, 'throws', { messages: 5 })
    const groupId = `throws-${Date.now()}`
    const quick = kafkaOf({ retry: { initialRetryTime: 20 } })
    const consumer = quick.consumer({ groupId, maxWaitTimeInMs: 100 })
    const found = []
    await consumer.connect()
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    await consumer.run({
      eachMessage: async ({ message }) => {
        found.push(message.offset)
        if (found.length === 4) assert.deepEqual(await committedOf(groupId, topic), ['2'])
        if (found.length === 3 || found.length === 4) throw new Error('not yet')
      },
    })
    await until(
      () => found.at(-1) === '4',
      () => `${found}`,
    )
    await consumer.disconnect()
    assert.deepEqual(found, ['0', '1', '2', '2', '2', '3', '4'])
    assert.deepEqual(await committedOf(groupId, topic), ['5'])
  })

  await step('a consumer that is stopped in the middle of a batch goes on there when it runs again', async () => {
    const topic = await topicOf(kafka, 'stop', { messages: 6 })
    const consumer = consumerOf('stop')
    const found = []
    let stopped
    const eachMessage = async ({ message }) => {
      if (found.push(message.offset) === 3) stopped = consumer.stop()
    }
    await consumer.connect()
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    await consumer.run({ eachMessage })
    await until(
      () => stopped !== undefined,
      () => `${found}`,
    )
    await stopped
    assert.deepEqual(found, ['0', '1', '2'])
    await consumer.run({ eachMessage })
    await until(
      () => found.length === 6,
      () => `${found}`,
    )
    await consumer.disconnect()
    assert.deepEqual(found.slice(3), ['3', '4', '5'])
  })

  await step('a consumer that subscribes to nothing is a member, and one that asks for what is not there is told', async () => {
    const consumer = consumerOf('nothing')
    const joins = []
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => joins.push(payload.memberAssignment))
    await consumer.connect()
    await consumer.run({ eachMessage: async () => {} })
    await until(
      () => joins.length > 0,
      () => 'joined',
    )
    assert.deepEqual(joins[0], {})
    await consumer.disconnect()
    const quick = kafkaOf({ retry: { initialRetryTime: 10, retries: 2 } })
    const absent = quick.consumer({ groupId: `absent-${Date.now()}`, allowAutoTopicCreation: false })
    await absent.connect()
    await assert.rejects(absent.subscribe({ topics: [`absent-${Date.now()}`] }), (error) => {
      assert.match(`${error.type ?? ''} ${error.cause?.type ?? ''}`, /UNKNOWN_TOPIC_OR_PARTITION/)
      return true
    })
    await absent.disconnect()
  })

  await step('a partition assigner of the program', async () => {
    const topic = await topicOf(kafka, 'assigner', { partitions: 4 })
    const all = ({ cluster }) => ({
      name: 'AllToTheFirst',
      version: 1,
      async assign({ members, topics }) {
        const [first] = members.map(({ memberId }) => memberId).sort()
        const assignment = {}
        for (const name of topics)
          assignment[name] = cluster.findTopicPartitionMetadata(name).map(({ partitionId }) => partitionId)
        assert.equal(MemberMetadata.decode(members[0].memberMetadata).userData.toString(), 'hello')
        return members.map(({ memberId }) => ({
          memberId,
          memberAssignment: MemberAssignment.encode({ version: 1, assignment: memberId === first ? assignment : {} }),
        }))
      },
      protocol({ topics }) {
        return { name: this.name, metadata: MemberMetadata.encode({ version: 1, topics, userData: Buffer.from('hello') }) }
      },
    })
    const groupId = `assigner-${Date.now()}`
    const joins = new Map()
    const members = await Promise.all(
      [1, 2].map(async (name) => {
        const consumer = kafka.consumer({ groupId, partitionAssigners: [all], maxWaitTimeInMs: 100, heartbeatInterval: 200 })
        consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => joins.set(name, payload))
        await consumer.connect()
        await consumer.subscribe({ topics: [topic] })
        await consumer.run({ eachMessage: async () => {} })
        return consumer
      }),
    )
    const sizes = () => [...joins.values()].map(({ memberAssignment }) => memberAssignment[topic]?.length ?? 0).sort()
    await until(
      () => sizes().join() === '0,4',
      () => sizes().join(),
    )
    assert.ok([...joins.values()].every(({ groupProtocol }) => groupProtocol === 'AllToTheFirst'))
    assert.equal((await members[0].describeGroup()).protocol, 'AllToTheFirst')
    for (const member of members) await member.disconnect()
  })
  end()
}

main()
