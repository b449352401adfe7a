/**
 * The cases that start, fill, kill and restart brokers of their own. `start(dir, port)` gives a ready broker of the kind in question, and the
 * directory is gone afterwards.
 */
import { ourLibrary } from '../../test/interop/lib/brokers.mjs'
import { Connection, createTopic } from '../../test/interop/lib/wire.mjs'
import { load, withIdleConnections } from '../clients.mjs'
import { cpuOf, rssOf } from '../measure.mjs'
import { endOffsets } from '../offsets.mjs'
import { newTopic, withTopic } from '../topics.mjs'
import { fill } from './raw.mjs'

const sleep = (ms) => new Promise((resume) => setTimeout(resume, ms))

/** Restarts on the same directory and port and tells how long until it is ready, and until all is led and readable. */
async function restart(start, dir, port, topics) {
  const from = performance.now()
  const broker = await start(dir, port)
  const end = await endOffsets(broker, topics)
  return { broker, end, allMs: performance.now() - from }
}

const startup = {
  name: 'startup',
  about: 'from the command to the first Metadata answer, empty directory; memory five seconds later',
  main: 'readyMs',
  takes: () => 10,
  async runAlone(start, dir) {
    const broker = await start(dir)
    await sleep(5000)
    const figures = { readyMs: broker.readyMs, rssIdle: rssOf(broker.pid), cpuToIdle: cpuOf(broker.pid) }
    const { ms } = await broker.stop()
    return { ...figures, stopMs: ms }
  },
}

const inProcess = {
  name: 'startup-in-process',
  about: 'startBroker({ inMemory: true }) until it resolves, median of 21, after the import',
  main: 'medianMs',
  brokers: ['ours'],
  takes: () => 1.5,
  runAlone: () => load('in-process', { entry: ourLibrary, starts: 21 }),
}

const raw = { partitions: 12, connections: 4, inFlight: 5, size: 1024 }
export const loads = [
  ['produce', { ...raw, records: 16 }],
  ['produce', { ...raw, records: 1000 }],
  ['produce', { ...raw, connections: 200, inFlight: 1, records: 1, size: 100 }],
  ['fetch', { partitions: 12, connections: 4 }],
]

const memory = {
  name: 'memory',
  about: 'memory after the raw loads in turn on one broker, then with 500 and with 2,000 idle connections',
  main: 'rssLoaded',
  takes: (seconds) => 4 * (Math.min(seconds, 2) + 1.2) + 9,
  async runAlone(start, dir, { seconds }) {
    const broker = await start(dir)
    const target = { bootstrap: broker.bootstrap, topicConfigs: {} }
    await withTopic(target, 12, async (topic, leaders) => {
      const shared = { leaders, topic, seconds: Math.min(seconds, 2) }
      for (const [kind, settings] of loads) await load(kind, { ...shared, ...settings })
    })
    const rssLoaded = rssOf(broker.pid)
    const few = await idle(target, broker.pid, 500)
    const many = await idle(target, broker.pid, 2000)
    await broker.stop()
    return { rssLoaded, rss500: few.rss, rss2000: many.rss, open500Ms: few.openMs, open2000Ms: many.openMs }
  },
}

function idle(target, pid, connections) {
  return withIdleConnections(target, connections, async () => {
    await sleep(1500)
    return { rss: rssOf(pid) }
  })
}

const partitions = {
  name: 'partitions',
  about: '10,000 partitions in 10 topics: create, memory, restart after a clean stop and after kill -9 until all are led',
  main: 'createMs',
  takes: () => 60,
  async runAlone(start, dir) {
    const topics = Array.from({ length: 10 }, (_, i) => [`many-${i}`, 1000])
    const first = await start(dir)
    const connection = await Connection.open(first.bootstrap)
    const from = performance.now()
    for (const [topic, count] of topics) await createTopic(connection, topic, count)
    const createMs = performance.now() - from
    connection.close()
    await sleep(2000)
    const rssPartitions = rssOf(first.pid)
    const { ms: stopMs } = await first.stop()
    const clean = await restart(start, dir, first.port, topics)
    await clean.broker.kill()
    const crashed = await restart(start, dir, first.port, topics)
    await crashed.broker.stop()
    return { createMs, rssPartitions, stopMs, restartMs: clean.allMs, crashRestartMs: crashed.allMs }
  },
}

const recovery = {
  name: 'recovery',
  about: 'start after kill -9 with 2 GB in 12 partitions, until all is readable',
  main: 'crashRestartMs',
  takes: () => 30,
  async runAlone(start, dir) {
    const first = await start(dir)
    const target = { bootstrap: first.bootstrap, topicConfigs: {} }
    const topic = await newTopic(target, 12)
    await fill(target, topic, 2000, 100)
    const topics = [[topic, 12]]
    const before = await endOffsets(first, topics)
    await first.kill()
    const crashed = await restart(start, dir, first.port, topics)
    const { ms: stopMs } = await crashed.broker.stop()
    const clean = await restart(start, dir, first.port, topics)
    await clean.broker.stop()
    if (crashed.end < before) throw new Error(`${before - crashed.end} records were lost`)
    return { crashRestartMs: crashed.allMs, stopMs, restartMs: clean.allMs }
  },
}

export const lifeCases = [startup, inProcess, memory, partitions, recovery].map((each) => ({
  ...each,
  group: 'life',
  lowerIsBetter: true,
}))
