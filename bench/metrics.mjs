#!/usr/bin/env node
/**
 * What metrics cost: CPU time of counting one Produce and one Fetch, and of a scrape of 10,000 partitions with the longest turn of the event loop in it. `node bench/metrics.mjs`; needs a build (npm run build).
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { bundle } from '../scripts/bundle.mjs'

const ROUNDS = 7
const REQUESTS = 300_000
const PARTITIONS = 10_000
const SCRAPES = 8
const SETTLE_MS = 6000
/** What a turn of the event loop may take. */
const BOUND_MS = 10

await bundle({ 'metrics-cost': 'src/metrics/meters.ts' }, 'build/metrics-cost')
const { Meters } = await import('../build/metrics-cost/metrics-cost.js')
const { startBroker } = await import('../dist/index.js')

const clock = { now: () => Date.now(), monotonic: () => performance.now(), after: () => ({ cancel() {} }), soon: setImmediate }
const names = { topics: new Map([['orders', {}]]), topicsById: new Map() }

const records = new Uint8Array(1024)
const produceRequest = { topicData: [{ name: 'orders', topicId: '', partitionData: [{ index: 0, records }] }] }
const produceAnswer = { responses: [{ partitionResponses: [{ index: 0, errorCode: 0 }] }] }
const fetchRequest = { replicaId: -1, replicaState: { replicaId: -1 } }
const fetchAnswer = { responses: [{ topic: 'orders', topicId: '', partitions: [{ errorCode: 0, records: [records] }] }] }
const chunks = [new Uint8Array(100)]

class Request {
  constructor(apiKey) {
    this.header = { apiKey, apiVersion: 12 }
    this.sizeInBytes = 1200
    this.began = -1
    this.waitedMs = 0
    this.answeredAt = -1
    this.side = -1
  }
}

/** CPU nanoseconds for one request, of the quietest round. `measure` is what is done to it. */
function cpuOf(apiKey, measure) {
  let least = Number.POSITIVE_INFINITY
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage()
    for (let i = 0; i < REQUESTS; i++) measure(new Request(apiKey))
    const { user, system } = process.cpuUsage(before)
    least = Math.min(least, ((user + system) * 1000) / REQUESTS)
  }
  return least
}

function cost(name, api, request, answer) {
  const meters = new Meters(clock, () => names)
  const bare = cpuOf(api.key, (its) => {
    its.began = 0
  })
  const full = cpuOf(api.key, (its) => {
    meters.requests.begin(its, 0)
    meters.answered(its, api, request, answer)
    meters.responded('PLAINTEXT', chunks)
    meters.requests.sent(its)
  })
  const looks = cpuOf(api.key, (its) => {
    its.began = clock.monotonic()
    its.waitedMs = clock.now()
    its.answeredAt = clock.monotonic()
    its.side = clock.monotonic()
  })
  const ns = (value) => `${Math.round(value)} ns`
  console.log(`counting one ${name}: ${ns(full - bare)} of CPU, of which ${ns(looks - bare)} for four looks at the clock`)
}

cost('Produce', { key: 0, name: 'Produce' }, produceRequest, produceAnswer)
cost('Fetch', { key: 1, name: 'Fetch' }, fetchRequest, fetchAnswer)
await scrapes()

async function scrapes() {
  const port = 21_000 + (process.pid % 10_000)
  const broker = await startBroker({ inMemory: true, config: { 'metrics.port': port, 'num.partitions': PARTITIONS } })
  try {
    await client(
      `
      const { Kafka } = (await import('kafkajs')).default
      const admin = new Kafka({ brokers: [process.argv[1]], logLevel: 1, requestTimeout: 60000 }).admin()
      await admin.connect()
      for (let i = 0; i < 10; i++) await admin.createTopics({ topics: [{ topic: 'many-' + i, numPartitions: ${PARTITIONS / 10} }], timeout: 60000 })
      await admin.disconnect()`,
      broker.bootstrapServers,
    )
    await new Promise((resume) => setTimeout(resume, SETTLE_MS))
    const quiet = watchTurns()
    await new Promise((resume) => setTimeout(resume, SETTLE_MS))
    console.log(
      `without a scrape the longest turn of ${SETTLE_MS / 1000} seconds takes ${quiet.stop().longestMs.toFixed(1)} ms of CPU`,
    )
    for (let i = 0; i < SCRAPES; i++) {
      const turns = watchTurns()
      const before = process.cpuUsage()
      const size = await client(
        `console.log((await (await fetch(process.argv[1])).text()).length)`,
        `http://127.0.0.1:${port}/metrics`,
      )
      const { user, system } = process.cpuUsage(before)
      const { longestMs, above } = turns.stop()
      console.log(
        `scrape of ${PARTITIONS} partitions: ${(Number(size) / 1e6).toFixed(1)} MB, ${((user + system) / 1000).toFixed(0)} ms of CPU; ` +
          `the longest turn of the event loop took ${longestMs.toFixed(1)} ms of CPU, ${above} took more than ${BOUND_MS}`,
      )
    }
  } finally {
    await broker.close()
  }
}

/** CPU time between one round of the event loop and the next, so that it does not matter who else the machine works for; helpers of V8 are in it. */
function watchTurns() {
  let last = process.cpuUsage()
  let longestMs = 0
  let above = 0
  let isOver = false
  const look = () => {
    const { user, system } = process.cpuUsage(last)
    last = process.cpuUsage()
    const ms = (user + system) / 1000
    longestMs = Math.max(longestMs, ms)
    if (ms > BOUND_MS) above++
    if (!isOver) setImmediate(look)
  }
  setImmediate(look)
  return {
    stop() {
      isOver = true
      return { longestMs, above }
    },
  }
}

/** Runs a program in another process, so that its work is not ours; what it printed. */
async function client(source, argument) {
  const child = spawn(process.execPath, ['--input-type=module', '-e', source, argument], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.on('data', (data) => (output += data))
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`the client ended with ${code}`)
  return output.trim()
}
