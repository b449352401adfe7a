// KafkaJS itself beside the facade: the same partitions for the same keys, and one group of members of both.
const assert = require('node:assert/strict')
const { randomBytes } = require('node:crypto')
const ours = require('kafkajs')
const theirs = require('kafkajs-original')
const { bootstrap, end, step, topicOf, until } = require('./lib.cjs')

const kafkaOf = ({ Kafka }) => new Kafka({ brokers: [bootstrap], logLevel: 0, retry: { initialRetryTime: 50 } })
const partitionMetadata = Array.from({ length: 1009 }, (_, partitionId) => ({ partitionId, leader: 1, replicas: [1], isr: [1] }))

async function main() {
  await step('both partitioners put 20000 keys where KafkaJS does', async () => {
    for (const name of ['DefaultPartitioner', 'LegacyPartitioner', 'JavaCompatiblePartitioner']) {
      const [mine, original] = [ours.Partitioners[name](), theirs.Partitioners[name]()]
      for (let i = 0; i < 20_000; i++) {
        const bytes = randomBytes(i % 40)
        const key = i % 2 === 0 ? bytes : `${bytes.toString('utf8')}${i}`
        const given = { topic: 't', partitionMetadata, message: { key, value: null } }
        assert.equal(mine(given), original(given), `${name} of ${bytes.toString('hex')}`)
      }
      const explicit = { topic: 't', partitionMetadata, message: { key: 'k', value: null, partition: 5 } }
      assert.equal(mine(explicit), 5)
    }
  })

  await step('constants and errors have the same names', async () => {
    for (const name of Object.keys(theirs)) {
      assert.equal(typeof ours[name], typeof theirs[name], name)
      if (typeof theirs[name] === 'object' && !name.startsWith('P') && !name.startsWith('As') && !name.endsWith('Codecs'))
        assert.deepEqual(ours[name], theirs[name], name)
    }
  })

  await step('what members tell each other has the same bytes', async () => {
    const metadata = { version: 1, topics: ['a', 'b'], userData: Buffer.from('data') }
    const assignment = { version: 1, assignment: { a: [0, 3], b: [1] }, userData: Buffer.alloc(0) }
    for (const [name, value] of Object.entries({ MemberMetadata: metadata, MemberAssignment: assignment })) {
      const bytes = theirs.AssignerProtocol[name].encode(value)
      assert.deepEqual(ours.AssignerProtocol[name].encode(value), bytes)
      assert.deepEqual(ours.AssignerProtocol[name].decode(bytes), theirs.AssignerProtocol[name].decode(bytes))
    }
  })

  await step('members of both share a group, whoever leads it', async () => {
    for (const order of [
      [ours, theirs],
      [theirs, ours],
    ]) {
      const topic = await topicOf(kafkaOf(ours), 'mixed', { partitions: 4 })
      const groupId = `mixed-${Date.now()}`
      const sizes = new Map()
      const found = new Map()
      const members = []
      for (const [i, library] of order.entries()) {
        const consumer = kafkaOf(library).consumer({
          groupId,
          maxWaitTimeInMs: 100,
          heartbeatInterval: 200,
          rebalanceTimeout: 10_000,
        })
        consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => sizes.set(i, payload.memberAssignment[topic]?.length ?? 0))
        await consumer.connect()
        await consumer.subscribe({ topics: [topic], fromBeginning: true })
        await consumer.run({ eachMessage: async ({ partition }) => void found.set(partition, i) })
        members.push(consumer)
      }
      await until(
        () => sizes.get(0) === 2 && sizes.get(1) === 2,
        () => JSON.stringify([...sizes]),
      )
      const producer = kafkaOf(ours).producer()
      await producer.connect()
      await producer.send({ topic, messages: [0, 1, 2, 3].map((partition) => ({ partition, value: 'x' })) })
      await producer.disconnect()
      await until(
        () => found.size === 4,
        () => JSON.stringify([...found]),
      )
      assert.equal(new Set(found.values()).size, 2)
      for (const member of members) await member.disconnect()
    }
  })

  await step('one goes on where the other one stopped', async () => {
    const topic = await topicOf(kafkaOf(ours), 'goes-on', { messages: 20 })
    const groupId = `goes-on-${Date.now()}`
    const seen = []
    for (const [library, upTo] of [
      [theirs, 7],
      [ours, 14],
      [theirs, 20],
    ]) {
      const consumer = kafkaOf(library).consumer({ groupId, maxWaitTimeInMs: 100 })
      await consumer.connect()
      await consumer.subscribe({ topics: [topic], fromBeginning: true })
      await consumer.run({
        autoCommitThreshold: 1,
        eachMessage: async ({ message, pause }) => {
          if (seen.push(message.offset) === upTo) pause()
        },
      })
      await until(
        () => seen.length === upTo,
        () => `${seen}`,
      )
      await consumer.disconnect()
    }
    assert.deepEqual(
      seen,
      Array.from({ length: 20 }, (_, i) => String(i)),
    )
  })
  end()
}

main()
