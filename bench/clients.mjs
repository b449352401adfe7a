/** The load programs, ours and Apache's, as functions from a broker and a load to figures. */
import { join } from 'node:path'
import { projectDir } from '../test/interop/lib/brokers.mjs'
import { javaClasses } from '../test/interop/lib/cache.mjs'
import { payload } from './payloads.mjs'
import { runRaised, startRaised } from './programs.mjs'

/** One of our programs in `load/`, in a process of its own; gives its JSON answer. */
export async function load(name, settings, node = process.execPath) {
  const program = join(import.meta.dirname, 'load', `${name}.mjs`)
  const { stdout } = await runRaised(node, [program, JSON.stringify(settings)])
  return JSON.parse(stdout)
}

/** Opens idle connections and runs `body` while they are open. */
export async function withIdleConnections(broker, connections, body) {
  const settings = JSON.stringify({ bootstrap: broker.bootstrap, connections })
  let opened
  const line = new Promise((resolve) => (opened = resolve))
  const program = startRaised(process.execPath, [join(import.meta.dirname, 'load/idle.mjs'), settings], {
    input: null,
    onLine: opened,
  })
  try {
    const answer = await Promise.race([line, program.ended.then(() => null)])
    if (answer === null) throw new Error(`idle connections: ${program.stderr.trim().slice(-300)}`)
    return { ...JSON.parse(answer), ...(await body()) }
  } finally {
    program.stdin.end()
    await program.ended
  }
}

const java = (classPath, mainClass, args) =>
  runRaised('java', [
    '-Xmx512M',
    '-Dorg.slf4j.simpleLogger.defaultLogLevel=error',
    '-cp',
    classPath,
    mainClass,
    ...args.map(String),
  ])

/**
 * Apache's ProducerPerformance with its defaults (idempotent, acks=all) and records from a file: its own generator is slow. The percentiles
 * tell how long a record was in the client, whose buffer is full all the time.
 */
export async function javaProduce(libs, broker, topic, { size, records, codec = 'none' }) {
  const { output, stdout } = await java(`${libs}/*`, 'org.apache.kafka.tools.ProducerPerformance', [
    ...['--bootstrap-server', broker.bootstrap, '--topic', topic, '--num-records', records, '--throughput', -1],
    ...['--payload-file', payload(codec === 'none' ? 'letters' : 'events', size)],
    ...['--command-property', 'acks=all', `compression.type=${codec}`],
  ])
  const result = /(\d+) records sent, ([\d.]+) records\/sec.*?(\d+) ms 50th, \d+ ms 95th, (\d+) ms 99th, (\d+) ms 99\.9th/g
  const found = [...stdout.matchAll(result)].at(-1)
  if (!found || Number(found[1]) !== records) throw new Error(`ProducerPerformance: ${output.trim().slice(-300)}`)
  const [, , rate, p50, p99, p999] = found.map(Number)
  return { recordsPerSecond: rate, mbPerSecond: (rate * size) / 1e6, p50, p99, p999, bytes: records * size }
}

/** Apache's ConsumerPerformance; the rate leaves out the time it takes to join the group. */
export async function javaConsume(libs, broker, topic, { size, records }) {
  const { output, stdout } = await java(`${libs}/*`, 'org.apache.kafka.tools.ConsumerPerformance', [
    ...['--bootstrap-server', broker.bootstrap, '--topic', topic, '--num-records', records, '--hide-header', '--timeout', 20_000],
  ])
  const line = stdout.trim().split('\n').at(-1)
  const fields = line.split(',').map((field) => Number(field.trim()))
  if (fields.length < 10 || !(fields[4] >= records)) throw new Error(`ConsumerPerformance: ${output.trim().slice(-300)}`)
  return { recordsPerSecond: fields[9], mbPerSecond: (fields[9] * size) / 1e6, bytes: fields[4] * size }
}

/** Compiles load/Latency.java; gives the class path that has it. */
export async function latencyClassPath(libs) {
  return `${await javaClasses(join(import.meta.dirname, 'load/Latency.java'), libs)}:${libs}/*`
}

/** Our open loop on Apache's clients, see load/Latency.java. */
export async function javaLatency(classPath, broker, topic, { partitions, rate, size, warmSeconds, seconds, withConsumer }) {
  const { stdout } = await java(classPath, 'Latency', [
    ...[broker.bootstrap, topic, partitions, rate, warmSeconds, seconds, size, withConsumer],
  ])
  const { sent, errors, received, acknowledged, arrived } = JSON.parse(stdout)
  if (errors > 0) throw new Error(`${errors} of ${sent} records were not acknowledged`)
  if (withConsumer && received !== sent) throw new Error(`${received} of ${sent} records arrived`)
  const named = (what, values) => Object.fromEntries(Object.entries(values ?? {}).map(([name, ms]) => [`${what} ${name}`, ms]))
  return { bytes: sent * size, ...named('ack', acknowledged), ...named('end-to-end', arrived) }
}

/** The clients that are compared: ours first, those of others for Node, Java's last. */
export const clientNames = ['odradek', 'kafkajs', 'platformatic', 'confluent', 'java']

/**
 * A client as the load of load/client.mjs, or of Client.java: a function from its settings to its figures; null where the client is not here. `found` is what
 * `nodeClients` found.
 */
export function clientRun(name, { found, libs }) {
  if (name === 'java') return libs === null ? null : (settings) => javaClient(libs, settings)
  const { home, node } = name === 'odradek' ? { home: process.env.ODRADEK_BUILD || projectDir } : (found[name] ?? {})
  return home === undefined ? null : (settings) => load('client', { ...settings, client: name, home }, node)
}

async function javaClient(libs, { mode, bootstrap, topic, size, warm, seconds, records = 0 }) {
  const classPath = `${await javaClasses(join(import.meta.dirname, 'load/Client.java'), libs)}:${libs}/*`
  const { stdout } = await java(classPath, 'Client', [mode, bootstrap, topic, size, warm, seconds, records])
  return JSON.parse(stdout)
}
