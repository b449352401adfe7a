/** What the suites share: topics, members of either kind, and waiting. */
import { start } from '../lib/processes.mjs'

export async function topic({ tools, broker }, name, partitions = 1, ...more) {
  await tools.must('kafka-topics', [
    '--bootstrap-server',
    broker.bootstrap,
    '--create',
    '--topic',
    name,
    '--partitions',
    partitions,
    ...more,
  ])
  return name
}

/** Values, one a line, written by Kafka's console producer. */
export function write({ tools, broker }, name, values, ...more) {
  return tools.must('kafka-console-producer', ['--bootstrap-server', broker.bootstrap, '--topic', name, ...more], {
    input: `${values.join('\n')}\n`,
  })
}

export async function until(what, check, ms = 60_000) {
  for (const deadline = performance.now() + ms; !check(); ) {
    if (performance.now() > deadline) throw new Error(`not within ${ms} ms: ${what()}`)
    await new Promise((resume) => setTimeout(resume, 20))
  }
}

/** Ours: reads on by itself. */
export function ourMember({ client, broker }, topicOrPattern, config) {
  const { Consumer, serdes } = client
  const consumer = new Consumer({
    bootstrapServers: broker.bootstrap,
    valueDeserializer: serdes.string,
    autoOffsetReset: 'earliest',
    ...(config.groupProtocol === 'consumer' ? {} : { heartbeatIntervalMs: 200 }),
    ...config,
  })
  const member = { consumer, records: [], revoked: [], trouble: null, has: () => consumer.assignment().map(nameOf).sort() }
  consumer.subscribe(topicOrPattern, { onRevoked: (partitions) => void member.revoked.push(...partitions.map(nameOf)) })
  member.running = consumer
    .run({ eachRecord: ({ partition, offset, value }) => void member.records.push(`${partition} ${offset} ${value}`) })
    .catch((thrown) => {
      member.trouble = thrown
    })
  member.close = async () => {
    await consumer.close()
    await member.running
    if (member.trouble) throw member.trouble
  }
  return member
}

/** Kafka's own. */
export function javaMember({ installed, broker }, topicName, properties) {
  const { libs } = installed.tools
  const options = [
    '-Xmx256M',
    '-XX:TieredStopAtLevel=1',
    '-Dorg.slf4j.simpleLogger.defaultLogLevel=error',
    '-cp',
    `${installed.member}:${libs}/*`,
  ]
  const pairs = Object.entries(properties).map(([key, value]) => `${key}=${value}`)
  const member = { records: [], revoked: [], partitions: [] }
  const jvm = start('java', [...options, 'Member', broker.bootstrap, topicName, ...pairs], { input: null, onLine })
  member.has = () => member.partitions
  member.close = async () => {
    jvm.stdin.end()
    const limit = setTimeout(() => jvm.destroy(), 30_000)
    const { code } = await jvm.ended
    clearTimeout(limit)
    if (code !== 0) throw new Error(`the Java member ended with ${code}: ${jvm.stderr.slice(-400)}`)
  }
  return member

  function onLine(line) {
    const [word, rest = ''] = [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]
    const names = rest.split(',').filter((name) => name !== '')
    if (word === 'RECORD') member.records.push(rest)
    else if (word === 'HAS') member.partitions = names
    else if (word === 'REVOKED') {
      member.revoked.push(...names)
      member.partitions = member.partitions.filter((name) => !names.includes(name))
    }
  }
}

export const nameOf = ({ topic: name, partition }) => `${name}-${partition}`
