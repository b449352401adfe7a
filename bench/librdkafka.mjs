/**
 * librdkafka's own load program, `rdkafka_performance`. The npm package node-rdkafka carries the sources of the library together with it;
 * they are compiled once, about a minute, and kept with the other foreign programs.
 */
import { copyFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { has } from '../test/interop/lib/brokers.mjs'
import { cached, npmPackages } from '../test/interop/lib/cache.mjs'
import { must } from '../test/interop/lib/processes.mjs'
import { runRaised } from './programs.mjs'

const carrier = 'node-rdkafka@3.6.1'
// Brokers here speak plain text and the payload is not compressed, so nothing of the system is needed but a C library.
const without = ['gssapi', 'sasl', 'ssl', 'curl', 'zlib', 'zstd', 'lz4-ext'].map((name) => `--disable-${name}`)

/** Why this machine cannot have the program, or null. */
export async function whyNoLibrdkafka() {
  for (const program of ['cc', 'make', 'bash', 'npm'])
    if (!(await has(program))) return `there is no ${program} to compile librdkafka with`
  return null
}

/** The path of the program. */
export async function rdkafkaPerformance() {
  const dir = await cached('rdkafka-performance', `${carrier} ${without.join(' ')}`, async (target) => {
    console.error('compiling librdkafka and its rdkafka_performance (needed once, about a minute) ...')
    const packages = await npmPackages('node-rdkafka', [carrier], ['--ignore-scripts'])
    const sources = join(packages, 'node_modules/node-rdkafka/deps/librdkafka')
    const options = { cwd: sources, timeoutMs: 900_000 }
    await must('bash', ['./configure', ...without], options)
    await must('make', [`-j${availableParallelism()}`, '-C', 'src', 'librdkafka.a'], options)
    const program = ['examples/rdkafka_performance.c', 'src/librdkafka.a', '-lpthread', '-lm', '-ldl', '-lrt']
    await must('cc', ['-O2', '-w', '-o', 'rdkafka_performance', '-I.', '-Isrc', ...program], options)
    copyFileSync(join(sources, 'rdkafka_performance'), join(target, 'rdkafka_performance'))
  })
  return join(dir, 'rdkafka_performance')
}

/** Produces `records` of `size` bytes, acks=all, and waits until all are acknowledged. */
export async function rdkafkaProduce(program, broker, topic, { size, records }) {
  const settings = ['linger.ms=5', 'queue.buffering.max.messages=500000', 'queue.buffering.max.kbytes=1048576']
  const { output } = await runRaised(program, [
    ...['-P', '-t', topic, '-b', broker.bootstrap, '-s', size, '-c', records, '-a', -1, '-q', '-i', 100_000].map(String),
    ...settings.flatMap((setting) => ['-X', setting]),
  ])
  const result = /messages produced \(\d+ bytes\), (\d+) delivered .* in (\d+)ms/g
  const [delivered, ms] = lastMatch(output, result)
  if (delivered !== records) throw new Error(`rdkafka_performance delivered ${delivered} of ${records} records`)
  return { recordsPerSecond: (records / ms) * 1000, mbPerSecond: (records * size) / ms / 1000, bytes: records * size }
}

/** Consumes at least `records` from the start of a topic, in a group of its own. */
export async function rdkafkaConsume(program, broker, topic, { records, group }) {
  const { output } = await runRaised(program, [
    ...['-G', group, '-t', topic, '-b', broker.bootstrap, '-c', records, '-o', 'beginning', '-q', '-i', 100_000].map(String),
    ...['-X', 'auto.offset.reset=earliest'],
  ])
  const [consumed, bytes, ms] = lastMatch(output, /(\d+) messages \((\d+) bytes\) consumed in (\d+)ms/g)
  if (consumed < records) throw new Error(`rdkafka_performance consumed ${consumed} of ${records} records`)
  return { recordsPerSecond: (consumed / ms) * 1000, mbPerSecond: bytes / ms / 1000, bytes }
}

function lastMatch(output, pattern) {
  const found = [...output.matchAll(pattern)].at(-1)
  if (!found) throw new Error(`rdkafka_performance: ${output.trim().slice(-300)}`)
  return found.slice(1).map(Number)
}
