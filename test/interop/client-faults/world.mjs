/** One broker, which clients reach through a proxy alone, and clients that lose no time between two attempts. */
import assert from 'node:assert/strict'
import { freePort } from '../lib/brokers.mjs'
import { FaultyProxy, places } from './proxy.mjs'

/** Pauses are short: what is judged is what happens, not when. */
export const QUICK = {
  requestTimeoutMs: 2000,
  retryBackoffMs: 5,
  retryBackoffMaxMs: 50,
  reconnectBackoffMs: 5,
  reconnectBackoffMaxMs: 50,
}

export const sleep = (ms) => new Promise((resume) => setTimeout(resume, ms))

export async function openWorld({ kind, report, startBroker, client, dir, isWhole }) {
  const proxy = await new FaultyProxy().listen(await freePort())
  const controllerPort = await freePort()
  const overrides = {
    'advertised.listeners': `PLAINTEXT://${proxy.bootstrap},CONTROLLER://127.0.0.1:${controllerPort}`,
    'auto.create.topics.enable': 'false',
    'group.initial.rebalance.delay.ms': '0',
    'group.min.session.timeout.ms': '1000',
    'group.consumer.min.heartbeat.interval.ms': '100',
    'group.consumer.heartbeat.interval.ms': '200',
  }
  const settings = { kind, dir, controllerPort, overrides, readyMs: 180_000 }
  let broker = await startBroker(settings)
  proxy.leadsTo(broker.port)
  const common = { bootstrapServers: proxy.bootstrap, ...QUICK }
  const admin = new client.Admin(common)
  const text = client.serdes.string
  let topics = 0

  const world = {
    kind,
    client,
    proxy,
    admin,
    /** Every second of them, beginning with the one or the other by turns; with `--whole` all. */
    share: (items, turn) => (isWhole ? items : items.filter((_, i) => i % 2 === turn % 2)),
    protocols: kind === 'apache' ? ['classic', 'consumer'] : ['classic'],
    test: (name, body, options) => report.test(`${kind}: ${name}`, body, options),
    producerOf: (options = {}) => new client.Producer({ ...common, ...options }),
    adminOf: (options = {}) => new client.Admin({ ...common, ...options }),
    consumerOf({ groupProtocol = 'classic', ...options } = {}) {
      const classic = groupProtocol === 'classic' ? { sessionTimeoutMs: 1500, heartbeatIntervalMs: 100 } : {}
      const texts = { keyDeserializer: text, valueDeserializer: text, autoOffsetReset: 'earliest' }
      return new client.Consumer({ ...common, ...texts, groupProtocol, ...classic, ...options })
    },
    /** A topic of its own. */
    async topic(partitions = 1) {
      const name = `faults.${++topics}`
      const made = await admin.createTopics([{ name, partitions, replicationFactor: 1 }])
      made.all()
      return name
    },
    /** All values of a topic's partition, read without a group. */
    async read(topic, count) {
      const consumer = world.consumerOf()
      try {
        consumer.assign([{ topic, partition: 0 }])
        const values = []
        while (values.length < count) values.push(...(await consumer.poll({ timeoutMs: 10_000 })).map(({ value }) => value))
        values.push(...(await consumer.poll({ timeoutMs: 300 })).map(({ value }) => value))
        return values
      } finally {
        await consumer.close()
      }
    },
    /** kill -9, and another life of the same broker. */
    async killBroker() {
      const { port } = broker
      await broker.kill()
      broker = await startBroker({ ...settings, port })
    },
    async close() {
      proxy.onFrame = null
      proxy.isSilent = false
      await admin.close()
      await broker.stop()
      await proxy.close()
    },
  }
  return world
}

/** The next request of this API, or its answer, is broken off there. */
export function breakNext(proxy, kind, apiKey, place) {
  strikeNext(proxy, kind, apiKey, (frame) => ({ breakAt: places[place](frame.length - 4) }))
}

/** What happens to the next request of this API, or to its answer. */
export function strikeNext(proxy, kind, apiKey, what) {
  proxy.onFrame = (kindNow, key, frame) => {
    if (kindNow !== kind || key !== apiKey) return null
    proxy.onFrame = null
    return what(frame)
  }
}

/** The error that it fails with, which has to be one of ours. */
export async function failure(client, promise) {
  const why = await promise.then(
    () => assert.fail('it worked'),
    (thrown) => thrown,
  )
  assert.ok(why instanceof client.ClientError, `no error of the client: ${why?.stack}`)
  return why
}
