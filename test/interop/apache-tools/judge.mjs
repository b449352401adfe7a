/** Apache Kafka's own command-line tools as clients of the broker; each answer is checked for the facts a person looks for. */

import { installTools, ToolRunner } from '../lib/apache-tools.mjs'
import { versions } from '../lib/cache.mjs'
import { groups } from './groups.mjs'
import { logDirs } from './log-dirs.mjs'
import { records } from './records.mjs'
import { topics } from './topics.mjs'

export const judge = {
  name: 'apache-tools',
  about: `Apache Kafka ${versions.kafka}: topics, console clients, groups, configs, offsets, log dirs, perf tools`,
  needs: ['java', 'mvn'],
  minutes: 6,

  // The default of three seconds before a group's first assignment is left to the other judges.
  overrides: { 'group.initial.rebalance.delay.ms': '0' },

  install: installTools,

  async run({ bootstrap, report, tools: installed, workDir, startBroker }) {
    const runner = new ToolRunner(installed)
    // Every tool but a few takes the address in the same way.
    const tool = (name, args, options) => runner.must(name, ['--bootstrap-server', bootstrap, ...args], options)
    const refused = async (name, args) => {
      const { code, stdout, stderr } = await runner.run(name, ['--bootstrap-server', bootstrap, ...args])
      if (code === 0) throw new Error(`${name} ${args.join(' ')} worked though it should not: ${stdout}`)
      return stdout + stderr
    }
    try {
      const context = { bootstrap, report, tool, refused, workDir, runner, startBroker }
      await topics(context)
      await records(context)
      await groups(context)
      await logDirs(context)
    } finally {
      runner.close()
    }
  },
}
