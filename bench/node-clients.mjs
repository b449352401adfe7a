/** The clients of others for Node, in the versions that they are compared in; kept with the other foreign programs. */
import { writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { has, projectDir } from '../test/interop/lib/brokers.mjs'
import { cached, node24, npmPackages, versions } from '../test/interop/lib/cache.mjs'
import { must } from '../test/interop/lib/processes.mjs'

const platformatic = `@platformatic/kafka@${versions.platformaticKafka}`
const confluent = `@confluentinc/kafka-javascript@${versions.confluentKafkaJavascript}`
let found = null

/**
 * The clients by the names of their programs in `load/clients`: { home, node? }, the folder whose node_modules has it, and the Node that runs it where this
 * one cannot. What cannot be had here is told, and is not in it.
 */
export function nodeClients() {
  found ??= install()
  return found
}

async function install() {
  const platformaticHome = await npmPackages('platformatic-kafka', [platformatic], ['--ignore-scripts'])
  const isOld = Number(process.versions.node.split('.')[0]) < 22
  const clients = {
    kafkajs: { home: projectDir },
    platformatic: { home: platformaticHome, ...(isOld ? { node: await node24() } : {}) },
  }
  try {
    return { ...clients, confluent: { home: await confluentHome() } }
  } catch (error) {
    console.error(`no ${confluent}: ${error.message}`)
    return clients
  }
}

/** Its native part is compiled here, about five minutes: what it would download is not in the registry. */
function confluentHome() {
  return cached('confluent-kafka-javascript', confluent, async (dir) => {
    for (const program of ['c++', 'make', 'bash', 'npx'])
      if (!(await has(program))) throw new Error(`there is no ${program} to compile it with`)
    console.error(`compiling ${confluent} (needed once, about five minutes) ...`)
    writeFileSync(join(dir, 'package.json'), JSON.stringify({ name: 'judge', private: true }))
    const npm = ['install', '--no-audit', '--no-fund', '--save-exact', '--ignore-scripts', confluent]
    await must('npm', npm, { cwd: dir, timeoutMs: 300_000 })
    const cwd = join(dir, 'node_modules/@confluentinc/kafka-javascript')
    const options = { cwd, env: { ...process.env, CKJS_LINKING: 'dynamic' }, timeoutMs: 900_000 }
    // The library first: its own build does both at once and fails where it runs under node-gyp.
    await must('bash', ['./configure'], options)
    await must('make', [`-j${availableParallelism()}`, '-C', 'deps/librdkafka', 'libs', 'install-subdirs'], options)
    await must('npx', ['node-pre-gyp', 'install', '--build-from-source'], options)
  })
}
