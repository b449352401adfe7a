/** The load programs, ours and Apache's, as functions from a broker and a load to figures. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cacheDir } from '../test/interop/lib/cache.mjs'
import { run, start } from '../test/interop/lib/processes.mjs'
import { Connection, createTopic, deleteTopic, untilServed } from '../test/interop/lib/wire.mjs'

let topicNumber = 0

/** Runs `body` with a topic of its own, which is deleted afterwards. */
export async function withTopic(broker, partitions, body) {
  const topic = await newTopic(broker, partitions)
  try {
    return await body(topic)
  } finally {
    await dropTopic(broker, topic)
  }
}

export async function newTopic(broker, partitions) {
  const topic = `bench-${process.pid}-${topicNumber++}`
  const connection = await Connection.open(broker.bootstrap)
  await createTopic(connection, topic, partitions)
  await untilServed(connection, topic, partitions)
  connection.close()
  return topic
}

export async function dropTopic(broker, topic) {
  const connection = await Connection.open(broker.bootstrap)
  await deleteTopic(connection, topic)
  connection.close()
  await new Promise((resume) => setTimeout(resume, 500)) // its files go a moment later
}

/** One of our programs in `load/`, in a process of its own; gives its JSON answer. */
export async function load(name, settings) {
  const program = join(import.meta.dirname, 'load', `${name}.mjs`)
  const { code, stdout, stderr } = await run(process.execPath, [program, JSON.stringify(settings)], { timeoutMs: 300_000 })
  if (code !== 0) throw new Error(`${name}: ${(stdout + stderr).trim().slice(-300) || `ended with ${code}`}`)
  return JSON.parse(stdout)
}

/** Opens idle connections and runs `body` while they are open. */
export async function withIdleConnections(broker, connections, body) {
  const settings = JSON.stringify({ bootstrap: broker.bootstrap, connections })
  let opened
  const line = new Promise((resolve) => (opened = resolve))
  const program = start(process.execPath, [join(import.meta.dirname, 'load/idle.mjs'), settings], { input: null, onLine: opened })
  try {
    const answer = await Promise.race([line, program.ended.then(() => null)])
    if (answer === null) throw new Error(`idle connections: ${program.stderr.trim().slice(-300)}`)
    return { ...JSON.parse(answer), ...(await body()) }
  } finally {
    program.stdin.end()
    await program.ended
  }
}

const java = (libs, mainClass, args) =>
  run(
    'java',
    ['-Xmx512M', '-Dorg.slf4j.simpleLogger.defaultLogLevel=error', '-cp', `${libs}/*`, mainClass, ...args.map(String)],
    {
      timeoutMs: 300_000,
    },
  )

/** Apache's ProducerPerformance with its defaults (idempotent, acks=all) and records from a file: its own generator is slow. */
export async function javaProduce(libs, broker, topic, { size, records, properties = [] }) {
  const { stdout, stderr } = await java(libs, 'org.apache.kafka.tools.ProducerPerformance', [
    ...['--bootstrap-server', broker.bootstrap, '--topic', topic, '--num-records', records, '--throughput', -1],
    ...['--payload-file', payloadFile(size), '--command-property', 'acks=all', ...properties],
  ])
  const result = /(\d+) records sent, ([\d.]+) records\/sec.*?(\d+) ms 50th, \d+ ms 95th, (\d+) ms 99th, (\d+) ms 99\.9th/
  const matches = [...stdout.matchAll(new RegExp(result, 'g'))].at(-1)
  if (!matches || Number(matches[1]) !== records) throw new Error(`ProducerPerformance: ${(stderr + stdout).trim().slice(-300)}`)
  const [, , rate, p50, p99, p999] = matches.map(Number)
  return { recordsPerSecond: rate, mbPerSecond: (rate * size) / 1e6, p50, p99, p999, bytes: records * size }
}

/** Apache's ConsumerPerformance; the rate leaves out the time it takes to join the group. */
export async function javaConsume(libs, broker, topic, { size, records }) {
  const { stdout, stderr } = await java(libs, 'org.apache.kafka.tools.ConsumerPerformance', [
    ...['--bootstrap-server', broker.bootstrap, '--topic', topic, '--num-records', records, '--hide-header', '--timeout', 20_000],
  ])
  const fields = stdout
    .trim()
    .split('\n')
    .at(-1)
    .split(',')
    .map((field) => Number(field.trim()))
  if (fields.length < 10 || !(fields[4] >= records))
    throw new Error(`ConsumerPerformance: ${(stderr + stdout).trim().slice(-300)}`)
  return { recordsPerSecond: fields[9], mbPerSecond: (fields[9] * size) / 1e6, bytes: fields[4] * size }
}

/** 2,000 lines of random letters, the same in every run. */
function payloadFile(size) {
  const file = join(cacheDir, `payload-${size}.txt`)
  if (existsSync(file)) return file
  mkdirSync(cacheDir, { recursive: true })
  let seed = 42
  const letter = () => String.fromCharCode(97 + (((seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff) >>> 8) % 26))
  const line = () => Array.from({ length: size }, letter).join('')
  writeFileSync(file, Array.from({ length: 2000 }, line).join('\n'))
  return file
}
