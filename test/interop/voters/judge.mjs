/** Voters that come and go (KIP-853), by Apache's tools: the same words to three of our nodes and to three of Apache's, and the same answers and records. */
import { installTools, ToolRunner } from '../lib/apache-tools.mjs'
import { versions } from '../lib/cache.mjs'
import { changes, joining, upgrade } from './stories.mjs'

export const judge = {
  name: 'voters',
  about: `voters added, removed and moved by Apache Kafka ${versions.kafka}'s kafka-metadata-quorum, and kraft.version raised: the same answers and records as from Apache's own controllers`,
  needs: ['java', 'mvn'],
  startsBrokers: true,
  minutes: 8,

  install: installTools,

  async run({ report, tools: installed, workDir, kind }) {
    const runner = new ToolRunner(installed)
    try {
      for (const tell of [changes, upgrade, joining]) await tell({ report, runner, libs: installed.libs, workDir, kind })
    } finally {
      runner.close()
    }
  },
}
