/** Our client: the same cases on Apache Kafka and on ours, with Kafka's own tools on the other side. */
import { join } from 'node:path'
import { installTools, ToolRunner } from '../lib/apache-tools.mjs'
import { projectDir } from '../lib/brokers.mjs'
import { versions } from '../lib/cache.mjs'
import { producing } from './producing.mjs'
import { restarts } from './restarts.mjs'
import { secured } from './secured.mjs'
import { transactions } from './transactions.mjs'

const overrides = { 'group.initial.rebalance.delay.ms': '0', 'auto.create.topics.enable': 'true' }

export const judge = {
  name: 'client',
  about: `odradek/client on ours and on Apache Kafka ${versions.kafka}, beside Kafka's tools: producing, transactions, restarts, TLS and logins`,
  needs: ['java', 'mvn', 'openssl'],
  minutes: 8,
  startsBrokers: true,

  install: installTools,

  async run({ report, tools: installed, workDir, startBroker, kind }) {
    const client = await import(join(projectDir, 'dist/client/index.js'))
    const runner = new ToolRunner(installed)
    try {
      for (const each of kind === 'apache' ? ['apache'] : ['ours', 'apache']) {
        await suiteOn(each, { report, runner, workDir: join(workDir, each), startBroker, client })
      }
      await secured({ report, runner, workDir, startBroker, client })
    } finally {
      runner.close()
    }
  },
}

/** All that needs no TLS and no login, on a broker of this kind. */
async function suiteOn(kind, { report: all, runner, workDir, startBroker: start, client }) {
  const report = { test: (name, body, options) => all.test(`${kind}: ${name}`, body, options) }
  const startBroker = (options) => start({ kind, readyMs: 180_000, ...options })
  const broker = await startBroker({ overrides })
  const { bootstrap } = broker
  const tool = (name, args, options) => runner.must(name, ['--bootstrap-server', bootstrap, ...args], options)
  /** What Java's console consumer reads, line by line. */
  const read = async (topic, count, ...more) => {
    const args = ['--topic', topic, '--from-beginning', '--max-messages', count, '--timeout-ms', '20000', ...more]
    const text = await tool('kafka-console-consumer', args)
    return text.split('\n').filter((line) => line !== '')
  }
  const context = { bootstrap, report, tool, read, runner, workDir, startBroker, client }
  await producing(context)
  await transactions(context)
  await broker.stop()
  await restarts(context)
}
