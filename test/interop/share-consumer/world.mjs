/** What the suites share: topics and groups, members of either kind, and waiting. */
import { start } from '../lib/processes.mjs'

const sleep = (ms) => new Promise((resume) => setTimeout(resume, ms))

export { sleep }

export const numbers = (from, to) => Array.from({ length: to - from }, (_, i) => `${from + i}`)

/** A topic and a group of one name, whose members begin at the start of the topic; more of the group's configuration as Kafka names it. */
export async function stage(world, name, { partitions = 1, replicas, ...config } = {}) {
  const { tools, broker } = world
  const more = replicas ? ['--replication-factor', replicas] : []
  const where = ['--bootstrap-server', broker.bootstrap]
  await tools.must('kafka-topics', [...where, '--create', '--topic', name, '--partitions', partitions, ...more])
  const settings = { 'share.auto.offset.reset': 'earliest', ...config }
  const list = Object.entries(settings)
    .map(([key, value]) => `${key}=${value}`)
    .join(',')
  const entity = ['--entity-type', 'groups', '--entity-name', name, '--add-config', list]
  await tools.must('kafka-configs', [...where, '--alter', ...entity])
  return name
}

/** Writes values with our own producer, all of them in one batch where the partition is named. */
export async function write({ client, broker }, topic, values, { partition, ...options } = {}) {
  const producer = new client.Producer({ bootstrapServers: broker.bootstrap, lingerMs: 50, batchSize: 1_000_000, ...options })
  try {
    return await producer.sendAll(values.map((value) => ({ topic, value, ...(partition === undefined ? {} : { partition }) })))
  } finally {
    await producer.close()
  }
}

/** A consumer of ours; `use` closes it whatever happens. */
export function consumer({ client, broker }, groupId, config = {}) {
  const made = new client.ShareConsumer({
    bootstrapServers: broker.bootstrap,
    groupId,
    valueDeserializer: client.serdes.string,
    fetchMaxWaitMs: 100,
    ...config,
  })
  made.subscribe(groupId)
  return made
}

export const explicit = { shareAcknowledgementMode: 'explicit' }

/** Runs `act` with consumers, and closes them. */
export async function using(consumers, act) {
  try {
    return await act(...consumers)
  } finally {
    await Promise.all(consumers.map((each) => each.close({ timeoutMs: 10_000 })))
  }
}

/** Polls until so many records are there. Implicitly all but the last poll's are accepted. */
export async function take(from, count, ms = 60_000) {
  const records = []
  const signal = AbortSignal.timeout(ms)
  while (records.length < count) records.push(...(await from.poll({ signal })))
  return records
}

/** Explicitly: until so many records are there, each acknowledged by what `say` gives. */
export async function takeSaying(from, count, say) {
  const records = []
  const signal = AbortSignal.timeout(60_000)
  while (records.length < count) {
    for (const record of await from.poll({ signal })) {
      from.acknowledge(record, say(record))
      records.push(record)
    }
  }
  return records
}

export const valuesOf = (records) => records.map(({ value }) => value)
export const sorted = (values) => [...values].sort((a, b) => Number(a) - Number(b))

export async function until(what, check, ms = 60_000) {
  for (const deadline = performance.now() + ms; !(await check()); ) {
    if (performance.now() > deadline) throw new Error(`not within ${ms} ms: ${what()}`)
    await sleep(20)
  }
}

/** Reads on by itself, and accepts what it has worked at for so long. */
export function runner(world, groupId, { config = {}, workMs = 0, ...options } = {}) {
  const made = consumer(world, groupId, config)
  const member = { consumer: made, records: [], trouble: null }
  member.running = made.run({ eachRecord: work, ...options }).catch((thrown) => {
    member.trouble = thrown
  })
  member.close = async () => {
    await made.close({ timeoutMs: 10_000 })
    await member.running
    if (member.trouble) throw member.trouble
  }
  return member

  async function work(record) {
    if (workMs > 0) await sleep(workMs)
    member.records.push(record)
  }
}

/** Throws what went wrong in any of them. */
export function healthy(members) {
  for (const { trouble } of members) if (trouble) throw trouble
  return true
}

/** Kafka's own, in a process of its own. */
export function javaMember({ installed, broker }, groupId, properties = {}) {
  const { libs } = installed.tools
  const options = ['-Xmx256M', '-XX:TieredStopAtLevel=1', '-Dorg.slf4j.simpleLogger.defaultLogLevel=error']
  const pairs = Object.entries({ 'group.id': groupId, ...properties }).map(([key, value]) => `${key}=${value}`)
  const member = { records: [], trouble: null }
  const command = [...options, '-cp', `${installed.member}:${libs}/*`, 'ShareMember', broker.bootstrap, groupId, ...pairs]
  const jvm = start('java', command, { input: null, onLine })
  jvm.ended.then(({ code }) => {
    if (code !== 0) member.trouble = new Error(`the Java member ended with ${code}: ${jvm.stderr.slice(-400)}`)
  })
  member.close = async () => {
    jvm.stdin.end()
    const limit = setTimeout(() => jvm.destroy(), 30_000)
    await jvm.ended
    clearTimeout(limit)
    if (member.trouble) throw member.trouble
  }
  return member

  function onLine(line) {
    const [word, partition, offset, deliveryCount, value] = line.split(' ')
    if (word !== 'RECORD') return
    member.records.push({ partition: Number(partition), offset: Number(offset), deliveryCount: Number(deliveryCount), value })
  }
}

/** A member of ours in a process of its own, which is killed: it takes a record, says so, and does nothing more. */
export function memberToKill({ broker }, groupId, library) {
  const source = `
    import { ShareConsumer, serdes } from ${JSON.stringify(library)}
    const consumer = new ShareConsumer({ bootstrapServers: ${JSON.stringify(broker.bootstrap)}, groupId: ${JSON.stringify(groupId)}, valueDeserializer: serdes.string })
    consumer.subscribe(${JSON.stringify(groupId)})
    const records = await consumer.poll()
    console.log('HAS ' + records.map(({ value }) => value).join())
    setInterval(() => {}, 1000)`
  const has = []
  const child = start(process.execPath, ['--input-type=module', '-e', source], {
    onLine: (line) => {
      if (line.startsWith('HAS ')) has.push(...line.slice(4).split(','))
    },
  })
  return { child, has }
}

export const failure = (promise) =>
  promise.then(
    () => {
      throw new Error('it worked')
    },
    (why) => why,
  )
