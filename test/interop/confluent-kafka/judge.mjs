/** confluent-kafka (librdkafka): admin, idempotent producer in every codec, consumer groups, offsets, group administration. */
import { join } from 'node:path'
import { pythonWith, versions } from '../lib/cache.mjs'
import { run } from '../lib/processes.mjs'

export const judge = {
  name: 'confluent-kafka',
  about: `confluent-kafka ${versions.confluentKafka} (librdkafka): admin, all codecs, groups, offsets`,
  needs: ['python3'],
  minutes: 4,

  // The default of three seconds before a group's first assignment is left to the other judges.
  overrides: { 'group.initial.rebalance.delay.ms': '0' },

  install: () => pythonWith('confluent-kafka', [`confluent-kafka==${versions.confluentKafka}`]),

  async run({ bootstrap, report, tools: python }) {
    const script = join(import.meta.dirname, 'suite.py')
    const result = await run(python, [script, bootstrap], { timeoutMs: 200_000 })
    report.takeLines(result.stdout)
    report.record('program ends well', result.code === 0 ? 'passed' : 'failed', result.stderr)
  },
}
