/** Our admin client: every call that Java's has, on Apache Kafka and on ours, beside what Java's own says. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { installTools, ToolRunner } from '../lib/apache-tools.mjs'
import { projectDir } from '../lib/brokers.mjs'
import { javaClasses, versions } from '../lib/cache.mjs'
import { must } from '../lib/processes.mjs'
import { accessSuite } from './access.mjs'
import { clusterSuite } from './cluster.mjs'
import { configSuite } from './configs.mjs'
import { groupSuite } from './groups.mjs'
import { newerGroupSuite } from './newer-groups.mjs'
import { topicSuite } from './topics.mjs'
import { transactionSuite } from './transactions.mjs'
import { unservedSuite } from './unserved.mjs'
import { openWorld } from './world.mjs'

const suites = [topicSuite, configSuite, clusterSuite, groupSuite, newerGroupSuite, transactionSuite, accessSuite, unservedSuite]

export const judge = {
  name: 'admin',
  about: `odradek/client: Admin on Apache Kafka ${versions.kafka} and on ours: every call of Java's admin client, and what that one says`,
  needs: ['java', 'javac', 'javap', 'mvn'],
  minutes: 10,
  startsBrokers: true,

  async install() {
    const tools = await installTools()
    const says = await javaClasses(join(import.meta.dirname, 'AdminSays.java'), tools.libs)
    return { libs: tools.libs, classes: `${tools.classes}:${says}` }
  },

  async run({ report, tools: installed, startBroker, kind, workDir }) {
    const client = await import(join(projectDir, 'dist/client/index.js'))
    const protocol = await import(join(projectDir, 'dist/protocol/index.js'))
    await report.test('the list of calls is that of the jar', () => theListIsTheJars(installed.libs))
    const runner = new ToolRunner(installed)
    try {
      for (const each of kind === 'apache' ? ['apache'] : ['ours', 'apache']) {
        const world = await openWorld({ kind: each, dir: join(workDir, each), startBroker, runner, client, protocol, report })
        for (const suite of suites) await suite(world)
        await world.close()
      }
    } finally {
      runner.close()
    }
  },
}

/** java-calls.json, with which `npm test` holds that each call is there, against Java's interface itself. */
async function theListIsTheJars(libs) {
  const { calls } = JSON.parse(readFileSync(join(import.meta.dirname, 'java-calls.json'), 'utf8'))
  const jar = join(libs, `kafka-clients-${versions.kafka}.jar`)
  const { stdout } = await must('javap', ['-cp', jar, 'org.apache.kafka.clients.admin.Admin'])
  const names = new Set([...stdout.matchAll(/^ {2}public (?!static).*?(\w+)\(/gm)].map(([, name]) => name))
  const listed = Object.keys(calls).sort().join()
  const there = [...names].sort().join()
  if (names.size < 50 || listed !== there) throw new Error(`the jar has ${there}; java-calls.json ${listed}`)
}
