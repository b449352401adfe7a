/** The cases that start, fill, kill and restart a broker of their own. `start(dir, port)` gives a ready broker of the kind in question. */
import { ourLibrary } from '../test/interop/lib/brokers.mjs'
import { Connection, createTopic, metadata, offsetAt } from '../test/interop/lib/wire.mjs'
import { load, newTopic } from './clients.mjs'
import { cpuOf, rssOf } from './measure.mjs'

const sleep = (ms) => new Promise((resume) => setTimeout(resume, ms))

/** Waits until every partition of these topics has a leader and answers ListOffsets, and gives the sum of their end offsets. */
async function endOffsets(broker, topics) {
  const connection = await Connection.open(broker.bootstrap)
  let sum = 0
  for (const [topic, partitions] of topics) {
    await untilLed(connection, topic, partitions)
    for (let partition = 0; partition < partitions; partition++) sum += await untilOffset(connection, topic, partition)
  }
  connection.close()
  return sum
}

async function untilLed(connection, topic, partitions) {
  for (;;) {
    const [found] = (await metadata(connection, [topic])).topics
    if (found.partitions.filter(({ error, leader }) => error === 0 && leader >= 0).length === partitions) return
    await sleep(20)
  }
}

async function untilOffset(connection, topic, partition) {
  for (;;) {
    try {
      return await offsetAt(connection, topic, partition, -1)
    } catch (error) {
      if (!/ListOffsets/.test(error.message)) throw error
      await sleep(20) // led, but not yet by us
    }
  }
}

/** Restarts on the same directory and port and tells how long until it is ready, and until all is readable. */
async function restart(start, dir, port, topics) {
  const from = performance.now()
  const broker = await start(dir, port)
  const end = await endOffsets(broker, topics)
  return { broker, end, readyMs: broker.readyMs, allMs: performance.now() - from }
}

export const lifeCases = [
  {
    name: 'startup',
    about: 'from the command to the first Metadata answer, empty directory',
    main: 'readyMs',
    lowerIsBetter: true,
    async run(start, dir) {
      const broker = await start(dir)
      await sleep(5000)
      const figures = { readyMs: broker.readyMs, rssIdle: rssOf(broker.pid), cpuToIdle: cpuOf(broker.pid) }
      const { ms } = await broker.stop()
      return { ...figures, stopMs: ms }
    },
  },
  {
    name: 'startup-in-process',
    about: 'startBroker({ inMemory: true }) until it resolves, median of 21',
    main: 'medianMs',
    lowerIsBetter: true,
    onlyOurs: true,
    run: () => load('in-process', { entry: ourLibrary, starts: 21 }),
  },
  {
    name: 'partitions',
    about: '10,000 partitions in 10 topics: create, restart after a clean stop, restart after kill -9',
    main: 'createMs',
    lowerIsBetter: true,
    async run(start, dir) {
      const topics = Array.from({ length: 10 }, (_, i) => [`many-${i}`, 1000])
      const first = await start(dir)
      const from = performance.now()
      const connection = await Connection.open(first.bootstrap)
      for (const [topic, partitions] of topics) await createTopic(connection, topic, partitions)
      connection.close()
      const createMs = performance.now() - from
      await sleep(2000)
      const rssWith = rssOf(first.pid)
      const { ms: stopMs } = await first.stop()
      const clean = await restart(start, dir, first.port, topics)
      await clean.broker.kill()
      const crashed = await restart(start, dir, first.port, topics)
      await crashed.broker.stop()
      return { createMs, rssWith, stopMs, restartMs: clean.allMs, crashRestartMs: crashed.allMs }
    },
  },
  {
    name: 'recovery',
    about: 'restart after kill -9 with 2 GB in 12 partitions, until all is readable',
    main: 'crashRestartMs',
    lowerIsBetter: true,
    async run(start, dir) {
      const first = await start(dir)
      const topic = await newTopic(first, 12)
      const settings = {
        bootstrap: first.bootstrap,
        topic,
        partitions: 12,
        connections: 12,
        inFlight: 1,
        records: 100,
        size: 1024,
      }
      for (let bytes = 0; bytes < 2e9; ) bytes += (await load('produce', { ...settings, seconds: 1 })).bytes
      const topics = [[topic, 12]]
      const before = await endOffsets(first, topics)
      await first.kill()
      const crashed = await restart(start, dir, first.port, topics)
      const { ms: stopMs } = await crashed.broker.stop()
      const clean = await restart(start, dir, first.port, topics)
      await clean.broker.stop()
      return { crashRestartMs: crashed.allMs, lost: before - crashed.end, stopMs, restartMs: clean.allMs }
    },
  },
]
