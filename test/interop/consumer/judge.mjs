/** Our consumer against real brokers, Apache Kafka's and ours: alone, in groups with Kafka's own consumer, and with the newer protocol where it is served. */
import { join } from 'node:path'
import { installTools, ToolRunner } from '../lib/apache-tools.mjs'
import { projectDir } from '../lib/brokers.mjs'
import { javaClasses } from '../lib/cache.mjs'
import { classicSuite } from './classic.mjs'
import { newerSuite } from './newer.mjs'
import { readingSuite } from './reading.mjs'

const overrides = {
  'auto.create.topics.enable': 'false',
  'group.initial.rebalance.delay.ms': '0',
  'group.min.session.timeout.ms': '1000',
  'group.consumer.min.heartbeat.interval.ms': '100',
  'group.consumer.heartbeat.interval.ms': '200',
}

export const judge = {
  name: 'consumer',
  about:
    'odradek/client: Consumer on Apache Kafka and on ours: every compression, transactions, times, restarts, groups with Java members, KIP-848',
  needs: ['java', 'javac', 'mvn'],
  minutes: 15,
  startsBrokers: true,

  async install() {
    const tools = await installTools()
    return { tools, member: await javaClasses(join(import.meta.dirname, 'Member.java'), tools.libs) }
  },

  async run({ report, tools: installed, startBroker, kind }) {
    const client = await import(join(projectDir, 'dist/client/index.js'))
    const tools = new ToolRunner(installed.tools)
    try {
      for (const each of kind === 'apache' ? ['apache'] : ['ours', 'apache']) {
        const broker = await startBroker({ kind: each, overrides, readyMs: 180_000 })
        const world = { kind: each, broker, restart: startBroker, overrides, tools, installed, client, report, test }
        await readingSuite(world)
        await classicSuite(world)
        await newerSuite(world)
        await world.broker.stop()

        function test(name, body) {
          return report.test(`${each}: ${name}`, body, { timeoutMs: 240_000 })
        }
      }
    } finally {
      tools.close()
    }
  },
}
