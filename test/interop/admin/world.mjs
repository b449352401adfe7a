/** What the suites share: a broker with everything that an admin client may ask for, our client on it, Java's beside it, and members of groups. */
import assert from 'node:assert/strict'
import { freePort } from '../lib/brokers.mjs'
import { eventually } from '../lib/report.mjs'
import { Connection } from '../lib/wire.mjs'

const SCRAM = 'org.apache.kafka.common.security.scram.ScramLoginModule required;'

/** Only Apache Kafka has these; ours refuses them at its start. Everybody who comes without a login is a super user. */
const security = (ports) => {
  const listeners = `PLAINTEXT://127.0.0.1:${ports.plain},CONTROLLER://127.0.0.1:${ports.controller},SASL_PLAINTEXT://127.0.0.1:${ports.sasl}`
  return {
    listeners,
    'advertised.listeners': listeners,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT',
    'sasl.enabled.mechanisms': 'SCRAM-SHA-256,SCRAM-SHA-512',
    'listener.name.sasl_plaintext.scram-sha-256.sasl.jaas.config': SCRAM,
    'listener.name.sasl_plaintext.scram-sha-512.sasl.jaas.config': SCRAM,
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': 'User:ANONYMOUS',
    'delegation.token.secret.key': 'a secret of this judge',
  }
}

export async function openWorld({ kind, dir, startBroker, runner, client, protocol, report }) {
  const ports = { plain: await freePort(), controller: await freePort(), sasl: await freePort() }
  const broker = await startBroker({
    kind,
    dir,
    port: ports.plain,
    controllerPort: ports.controller,
    readyMs: 180_000,
    overrides: {
      'log.dirs': `${dir}/one,${dir}/two`,
      'auto.create.topics.enable': 'false',
      'group.initial.rebalance.delay.ms': '0',
      ...(kind === 'apache' ? security(ports) : {}),
    },
  })
  const { bootstrap } = broker
  const admin = new client.Admin({ bootstrapServers: bootstrap, defaultApiTimeoutMs: 20_000 })
  const [{ id: brokerId }] = (await admin.describeCluster()).nodes
  return {
    kind,
    client,
    protocol,
    broker,
    bootstrap,
    admin,
    brokerId,
    dirs: [`${dir}/one`, `${dir}/two`],
    controllers: `127.0.0.1:${ports.controller}`,
    secured: `127.0.0.1:${ports.sasl}`,
    test: (name, body) => report.test(`${kind}: ${name}`, body, { timeoutMs: 90_000 }),
    java: (call, ...args) => javaWith({ 'bootstrap.servers': bootstrap }, call, ...args),
    javaWith,
    async close() {
      admin.close()
      await broker.stop()
    },
  }

  /** What Java's admin client says; what it throws as { error, message }. */
  async function javaWith(properties, call, ...args) {
    const words = Object.entries({ 'default.api.timeout.ms': 20_000, 'request.timeout.ms': 10_000, ...properties })
    const said = await runner.must('AdminSays', [...words.map(([key, value]) => `${key}=${value}`), '--', call, ...args])
    return JSON.parse(said.trim().split('\n').at(-1))
  }
}

/** The error that a promise, or one of its outcomes, ends with. */
export async function errorOf(promise, key) {
  try {
    const outcomes = await promise
    if (key !== undefined) outcomes.get(key)
  } catch (error) {
    return error
  }
  return assert.fail('it was not refused')
}

/** `describeConfigs` is DESCRIBE_CONFIGS in Java. */
export const javaWord = (word) => word.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()

/** Operations as Java tells them, in the order of letters. */
export const javaWords = (words) => words?.map(javaWord).sort() ?? null

export const sorted = (list) => [...list].sort()

/** A topic that is there. */
export async function topic({ admin }, name, partitions = 1, configs = {}) {
  ;(await admin.createTopics([{ name, partitions, replicationFactor: 1, configs }])).all()
  await eventually(async () => {
    const { partitions: found } = (await admin.describeTopics([name])).get(name)
    assert.ok(found.every(({ leader }) => leader !== null))
  })
  return name
}

export async function produce({ client, bootstrap }, records, options = {}) {
  const producer = new client.Producer({ bootstrapServers: bootstrap, ...options })
  try {
    return await producer.sendAll(records)
  } finally {
    await producer.close()
  }
}

/** Runs `use` while a consumer of ours is a member of the group and has all partitions of the topic. */
export async function withMember({ client, bootstrap, admin }, name, options, use) {
  const consumer = new client.Consumer({ bootstrapServers: bootstrap, autoOffsetReset: 'earliest', ...options })
  consumer.subscribe([name])
  let trouble = null
  const running = consumer.run({ eachRecord: () => {} }).catch((thrown) => (trouble = thrown))
  try {
    await eventually(async () => {
      if (trouble) return
      const group = (await admin.describeConsumerGroups([options.groupId])).get(options.groupId)
      assert.equal(group.state, 'Stable')
      assert.ok(consumer.assignment().length > 0)
    }, 30_000)
    if (trouble) throw trouble
    return await use(consumer)
  } finally {
    await consumer.close()
    await running
  }
}

/** Runs `use` with another admin client. */
export async function withAdmin({ client }, options, use) {
  const admin = new client.Admin({ defaultApiTimeoutMs: 15_000, ...options })
  try {
    return await use(admin)
  } finally {
    admin.close()
  }
}

/** Asks the broker by the codec of odradek/protocol, for requests that no client of ours makes; again while the coordinator is not ready. */
export async function ask({ admin, brokerId, bootstrap, protocol }, name, version, body) {
  const { key, request, response } = protocol.api(name)
  const served = (await admin.describeApiVersions([brokerId])).get(String(brokerId))
  if (!served.has(key)) throw new Error(`${name} is not served`)
  const writer = new protocol.ByteWriter()
  writer.int8(0) // no tagged fields in the header
  protocol.codec(request, version).write(writer, body)
  const connection = await Connection.open(bootstrap)
  try {
    return await eventually(async () => {
      const { bytes, at } = await connection.ask(key, version, Buffer.from(writer.toBytes()))
      const answer = protocol.codec(response, version).read(new protocol.ByteReader(bytes.subarray(at + 1)))
      if (answer.errorCode !== 0) throw new Error(`${name}: ${protocol.errorName(answer.errorCode)} ${answer.errorMessage ?? ''}`)
      return answer
    }, 20_000)
  } finally {
    connection.close()
  }
}
