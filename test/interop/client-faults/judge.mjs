/** What breaks between our clients and a broker: connections at every place of a request and its answer, silence, garbage, topics that come again, handlers that do not end. */
import { join } from 'node:path'
import { projectDir } from '../lib/brokers.mjs'
import { versions } from '../lib/cache.mjs'
import { garbage } from './garbage.mjs'
import { programs } from './programs.mjs'
import { resets } from './resets.mjs'
import { restart } from './restart.mjs'
import { silence } from './silence.mjs'
import { topics } from './topics.mjs'
import { openWorld } from './world.mjs'

export const judge = {
  name: 'client-faults',
  about: `odradek/client on ours and on Apache Kafka ${versions.kafka} through a proxy: a broker that is killed, connections that break at every place of a request, fall silent or answer garbage; topics made again; handlers that throw or never end`,
  needs: ['java', 'mvn'],
  minutes: 4,
  startsBrokers: true,

  async run({ report, startBroker, kind, workDir, options }) {
    const client = await import(join(projectDir, 'dist/client/index.js'))
    for (const each of kind === 'apache' ? ['apache'] : ['ours', 'apache']) {
      const unheard = []
      const onUnheard = (why) => unheard.push(why)
      process.on('unhandledRejection', onUnheard)
      const world = await openWorld({
        kind: each,
        report,
        startBroker,
        client,
        dir: join(workDir, each),
        isWhole: options.whole === true,
      })
      try {
        for (const suite of [resets, silence, garbage, topics, programs, restart]) await suite(world)
        await world.test('no rejection was left unheard', async () => {
          if (unheard.length > 0) throw new AggregateError(unheard, `${unheard.length} of them: ${unheard[0]?.stack}`)
        })
      } finally {
        await world.close()
        process.off('unhandledRejection', onUnheard)
      }
    }
  },
}
