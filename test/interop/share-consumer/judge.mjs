/** Our share consumer (KIP-932) on Apache Kafka, alone and beside Kafka's own; ours does not serve share groups yet, and says so. */
import { join } from 'node:path'
import { installTools, ToolRunner } from '../lib/apache-tools.mjs'
import { projectDir } from '../lib/brokers.mjs'
import { javaClasses, versions } from '../lib/cache.mjs'
import { acknowledging } from './acknowledging.mjs'
import { clusters } from './clusters.mjs'
import { endings } from './endings.mjs'
import { groups } from './groups.mjs'
import { locks } from './locks.mjs'

const overrides = {
  'auto.create.topics.enable': 'false',
  'group.initial.rebalance.delay.ms': '0',
  'group.share.min.heartbeat.interval.ms': '100',
  'group.share.heartbeat.interval.ms': '300',
  'group.share.min.session.timeout.ms': '1000',
  'group.share.session.timeout.ms': '6000',
  'group.share.min.record.lock.duration.ms': '1000',
  'share.coordinator.state.topic.num.partitions': '2',
  'offsets.topic.num.partitions': '3',
  'transaction.state.log.num.partitions': '2',
}

export const judge = {
  name: 'share-consumer',
  about: `odradek/client: ShareConsumer on Apache Kafka ${versions.kafka}: acknowledgements, locks, groups with Java members, brokers and members killed`,
  needs: ['java', 'javac', 'mvn'],
  minutes: 12,
  startsBrokers: true,

  async install() {
    const tools = await installTools()
    return { tools, member: await javaClasses(join(import.meta.dirname, 'ShareMember.java'), tools.libs) }
  },

  async run({ report, tools: installed, startBroker, kind, workDir }) {
    const library = join(projectDir, 'dist/client/index.js')
    const client = await import(library)
    const tools = new ToolRunner(installed.tools)
    try {
      for (const each of kind === 'apache' ? ['apache'] : ['ours', 'apache']) {
        const broker = await startBroker({ kind: each, overrides, readyMs: 180_000 })
        const test = (name, body) => report.test(`${each}: ${name}`, body, { timeoutMs: 180_000 })
        const world = { kind: each, broker, restart: startBroker, overrides, tools, installed, client, library, test, workDir }
        for (const suite of [acknowledging, locks, groups, endings]) await suite(world)
        await world.broker.stop()
        if (each === 'apache') await clusters(world)
      }
    } finally {
      tools.close()
    }
  },
}
