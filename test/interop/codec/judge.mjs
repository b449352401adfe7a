/** Kafka's own message classes read what our codecs write, and must write the same bytes: random values of every message and version. */

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { projectDir } from '../lib/brokers.mjs'
import { javaClasses, kafkaLibs } from '../lib/cache.mjs'
import { run } from '../lib/processes.mjs'
import { Skip } from '../lib/report.mjs'

const VALUES_EACH = 12
const SEED = 42

/** Where Kafka keeps the classes of our lists. */
const PACKAGES = {
  headers: 'org.apache.kafka.common.message.*Data',
  groupCoordinatorRecords: 'org.apache.kafka.coordinator.group.generated.*',
  transactionCoordinatorRecords: 'org.apache.kafka.coordinator.transaction.generated.*',
  shareCoordinatorRecords: 'org.apache.kafka.coordinator.share.generated.*',
  metadataRecords: 'org.apache.kafka.common.metadata.*',
  raftRecords: 'org.apache.kafka.raft.generated.*',
  storageRecords: 'org.apache.kafka.server.log.remote.metadata.storage.generated.*',
  controlRecords: 'org.apache.kafka.common.message.*',
  streamsRecords: 'org.apache.kafka.streams.internals.generated.*',
}

export const judge = {
  name: 'codec',
  about: "Kafka's own message classes read and write what our codecs wrote",
  needs: ['java', 'mvn'],
  minutes: 5,
  startsBrokers: true, // none at all

  async install() {
    const libs = await kafkaLibs()
    return { libs, classes: await javaClasses(join(import.meta.dirname, 'KafkaCodec.java'), libs) }
  },

  async run({ report, tools }) {
    const ours = await builtModules()
    const { apiMessages, ...lists } = ours.lists
    await report.test('requests and responses', () =>
      agree(ours, apiMessages.flat(), 'org.apache.kafka.common.message.*Data', tools),
    )
    for (const [list, pattern] of Object.entries(PACKAGES)) {
      await report.test(list, () => agree(ours, lists[list], pattern, tools))
    }
  },
}

async function builtModules() {
  const build = join(projectDir, 'build')
  const load = (path) => import(pathToFileURL(join(build, path)).href)
  if (!existsSync(join(build, 'test/wire/random-value.js')))
    throw new Error('run npm test first: it compiles what makes the random values')
  return {
    lists: await load('src/protocol/messages/index.js'),
    ...(await load('src/protocol/codec.js')),
    ...(await load('src/protocol/plan.js')),
    ...(await load('src/base/bytes.js')),
    ...(await load('test/wire/random-value.js')),
  }
}

async function agree(ours, messages, pattern, { libs, classes }) {
  const lines = linesOf(ours, messages, pattern)
  const { code, stdout, stderr } = await run('java', ['-cp', `${classes}:${libs}/*`, 'KafkaCodec'], {
    input: `${lines.join('\n')}\n`,
  })
  if (code !== 0) throw new Error(stderr.slice(-500))
  const answers = stdout.trimEnd().split('\n')
  if (answers.length !== lines.length) throw new Error(`${answers.length} answers to ${lines.length} lines`)
  if (answers.every((answer) => answer.includes('ClassNotFoundException'))) throw new Skip(`no class like ${pattern} in ${libs}`)
  const wrong = answers.flatMap((answer, i) => (answer === 'same' ? [] : [`${lines[i]}: ${answer}`]))
  if (wrong.length > 0) throw new Error(`${wrong.length} of ${lines.length} differ, first ${wrong[0].slice(0, 2000)}`)
}

function linesOf({ codec, planOf, versionsOf, ByteWriter, Chance, randomStruct }, messages, pattern) {
  const chance = new Chance(SEED)
  return messages.flatMap((message) => {
    const { min, max } = versionsOf(message)
    return Array.from({ length: (max - min + 1) * VALUES_EACH }, (_, i) => {
      const version = min + Math.floor(i / VALUES_EACH)
      const to = new ByteWriter()
      codec(message, version).write(to, randomStruct(planOf(message, version), chance))
      return `${pattern.replace('*', message.name)} ${version} ${Buffer.from(to.toBytes()).toString('hex')}`
    })
  })
}
