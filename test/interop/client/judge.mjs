/** Our client: the same cases on Apache Kafka and on ours, with Kafka's own tools on the other side. */
import { join } from 'node:path'
import { installTools, ToolRunner } from '../lib/apache-tools.mjs'
import { projectDir } from '../lib/brokers.mjs'
import { versions } from '../lib/cache.mjs'
import { producing } from './producing.mjs'
import { restarts } from './restarts.mjs'
import { secured } from './secured.mjs'
import { transactions } from './transactions.mjs'

export const judge = {
  name: 'client',
  about: `odradek/client beside the tools of Apache Kafka ${versions.kafka}: producing, transactions, restarts, TLS and logins`,
  needs: ['java', 'mvn', 'openssl'],
  minutes: 8,

  overrides: { 'group.initial.rebalance.delay.ms': '0', 'auto.create.topics.enable': 'true' },

  install: installTools,

  async run({ bootstrap, report, tools: installed, workDir, startBroker }) {
    const client = await import(join(projectDir, 'dist/client/index.js'))
    const runner = new ToolRunner(installed)
    const tool = (name, args, options) => runner.must(name, ['--bootstrap-server', bootstrap, ...args], options)
    /** What Java's console consumer reads, line by line. */
    const read = async (topic, count, ...more) => {
      const args = ['--topic', topic, '--from-beginning', '--max-messages', count, '--timeout-ms', '20000', ...more]
      const text = await tool('kafka-console-consumer', args)
      return text.split('\n').filter((line) => line !== '')
    }
    try {
      const context = { bootstrap, report, tool, read, runner, workDir, startBroker, client }
      await producing(context)
      await transactions(context)
      await restarts(context)
      await secured(context)
    } finally {
      runner.close()
    }
  },
}
