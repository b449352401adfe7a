/**
 * A client as a load, the same one for all of them; what is different stands in `clients/`, a file for each. { client, home, mode, bootstrap, topic, size,
 * warm, seconds, records?, withProfile?, withLoop? }; `home` is the folder whose node_modules has it, or where ours is built. Modes:
 *   one      produces one record after the other, each of them awaited
 *   stream   produces as fast as the client takes records; what counts is acknowledged
 *   each     consumes from the beginning, and is called for each record
 *   batch    the same with many records a call, where the client has that
 * Consuming ends after `records`, too.
 */

import { watchLoop } from '../loop-watch.mjs'
import { profiler } from '../profile.mjs'
import { sleep } from './latencies.mjs'

const settings = JSON.parse(process.argv[2])
const { client, mode, size, warm, seconds, records = Number.POSITIVE_INFINITY, withProfile = false, withLoop = true } = settings
const startedWith = process.memoryUsage.rss()
const { open } = await import(`./clients/${client}.mjs`)

// Looking at the loop costs more than a record does where those come one by one, and nothing is at full rate there.
const seen = mode === 'one' || !withLoop ? async () => ({}) : watchLoop()
const profile = withProfile ? profiler() : async () => []
let count = 0
let began = null

/** What came before is forgotten. */
async function begin() {
  await profile()
  await seen()
  began = { at: performance.now(), cpu: process.cpuUsage(), count }
}

async function report() {
  const ms = performance.now() - began.at
  const { user, system } = process.cpuUsage(began.cpu)
  const done = count - began.count
  const peak = process.resourceUsage().maxRSS
  const { longestMs, longestWorkMs, longestCpuMs } = await seen()
  const text = JSON.stringify({
    recordsPerSecond: (done / ms) * 1000,
    cpuPerMillion: (user + system) / done,
    peakMiB: peak / 1024,
    grownMiB: peak / 1024 - startedWith / 2 ** 20,
    pauseMs: longestMs,
    pauseWithoutGcMs: longestWorkMs,
    pauseCpuMs: longestCpuMs,
    bytes: count * size,
    profile: await profile(),
  })
  process.stdout.write(`${text}\n`)
}

/** Some values, so that nobody sends the same bytes again and again. */
const values = Array.from({ length: 64 }, (_, i) => Buffer.alloc(size, 97 + (i % 26)))
/** Of a client that is given many records a call: 64 KiB, five of them at once. */
const many = Array.from({ length: Math.max(1, Math.floor(65_536 / size)) }, (_, i) => values[i % values.length])

async function oneByOne(producer, isOver) {
  for (; !isOver(); count++) await producer.one(values[count % values.length])
}

async function stream(producer, isOver) {
  if (producer.enqueue) {
    for (; !isOver(); count++) {
      const room = producer.enqueue(values[count % values.length])
      if (room) await room
    }
    return producer.flush()
  }
  const sender = async () => {
    for (; !isOver(); count += many.length) await producer.many(many)
  }
  await Promise.all(Array.from({ length: 5 }, sender))
}

async function produce() {
  const producer = await open(settings).producer({ lingers: mode === 'stream' })
  const act = mode === 'stream' ? stream : oneByOne
  await act(producer, over(warm))
  await begin()
  await act(producer, over(seconds))
  await report()
  await producer.close()
}

/** A function that says whether so many seconds have passed. */
function over(length) {
  let isOver = false
  setTimeout(() => (isOver = true), length * 1000)
  return () => isOver
}

async function consume() {
  let first
  const begun = new Promise((resolve) => (first = resolve))
  let last
  const ended = new Promise((resolve) => (last = resolve))
  const received = (more) => {
    if (count === 0) first()
    count += more
    if (count >= records) last()
  }
  const close = await open(settings).consume({ isBatch: mode === 'batch', received })
  await begun
  await sleep(warm * 1000)
  await begin()
  await Promise.race([ended, sleep(seconds * 1000)])
  await report()
  await close()
}

await (mode === 'one' || mode === 'stream' ? produce() : consume())
process.exit()
