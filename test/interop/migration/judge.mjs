/** One cluster of Apache Kafka's nodes and ours: brokers of both under either's controller, one quorum of both, and a live migration there and back. */
import { installTools } from '../lib/apache-tools.mjs'
import { versions } from '../lib/cache.mjs'
import { mixedBrokers } from './brokers.mjs'
import { features } from './features.mjs'
import { live } from './live.mjs'
import { installPython } from './load.mjs'
import { mixedQuorum } from './quorum.mjs'

export const judge = {
  name: 'migration',
  about: `one cluster of Apache Kafka ${versions.kafka} and ours: brokers of both under either's controller; with --whole one quorum of both, and everything moved from theirs to ours and back under librdkafka`,
  needs: ['java', 'mvn', 'python3'],
  startsBrokers: true,
  minutes: 15,
  isShare: ({ whole }) => !whole,

  async install() {
    return { ...(await installTools()), python: await installPython() }
  },

  async run({ report, tools, workDir, options }) {
    const context = { report, tools, python: tools.python, workDir }
    await Promise.all(['ours', 'apache'].map((kind) => mixedBrokers({ ...context, kind })))
    if (!options.whole) return
    await features(context)
    await mixedQuorum(context)
    await live(context)
  },
}
