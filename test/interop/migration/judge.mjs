/** One cluster of Apache Kafka's nodes and ours: brokers of both under either's controller, one quorum of both, and a live migration there and back. */
import { installTools } from '../lib/apache-tools.mjs'
import { versions } from '../lib/cache.mjs'
import { mixedBrokers } from './brokers.mjs'
import { features } from './features.mjs'
import { live } from './live.mjs'
import { installPython } from './load.mjs'
import { mixedQuorum } from './quorum.mjs'
import { storm } from './storm.mjs'
import { voters } from './voters.mjs'

export const judge = {
  name: 'migration',
  about: `one cluster of Apache Kafka ${versions.kafka} and ours: brokers of both under either's controller; with --whole one quorum of both, brokers killed, frozen and stopped under librdkafka, and all of it moved from theirs to ours and back`,
  needs: ['java', 'mvn', 'python3'],
  startsBrokers: true,
  minutes: 25,
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
    await voters(context)
    for (const kind of ['ours', 'apache']) await storm({ ...context, kind })
    await live(context)
  },
}
