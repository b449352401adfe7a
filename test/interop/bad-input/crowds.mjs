/** Clients that are many, silent or slow: they cost memory in bounds, and the others nothing. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { letterBatch } from '../lib/batch.mjs'
import { Skip } from '../lib/report.mjs'
import {
  api,
  apiVersions,
  Connection,
  createTopic,
  fetchBody,
  frame,
  metadata,
  produceBody,
  readProduced,
  untilServed,
} from '../lib/wire.mjs'
import { othersAreServed } from './frames.mjs'

const sleep = (ms) => new Promise((resume) => setTimeout(resume, ms))

export async function crowds({ report, broker }) {
  const { bootstrap } = broker
  const topic = 'crowd'

  await report.test('clients that never read their answers', async () => {
    await produceMegabytes(bootstrap, topic, 16)
    const before = residentMegabytes(broker.pid)
    // Each asks for the whole topic a hundred times and reads nothing: 20 x 100 x 16 MB if the broker were to prepare it all.
    const request = frame(api.fetch, 11, 1, fetchBody(topic, [[0, 0]], { partitionMaxBytes: 50_000_000 }))
    const silent = await Promise.all(
      Array.from({ length: 20 }, () => openSilent(bootstrap, Buffer.concat(Array(100).fill(request)))),
    )
    await whileOpen(silent, async () => {
      await sleep(2000)
      const slowest = await slowestAnswer(bootstrap, 50)
      const after = residentMegabytes(broker.pid)
      assert.ok(slowest < 1000, `another client waited ${Math.round(slowest)} ms`)
      if (before !== null) assert.ok(after - before < 700, `memory grew from ${before} to ${after} MiB`)
    })
  })

  await report.test('200 clients that send one byte and wait', async () => {
    const slow = await Promise.all(Array.from({ length: 200 }, () => openSilent(bootstrap, Buffer.from([0]))))
    await whileOpen(slow, async () => assert.ok((await slowestAnswer(bootstrap, 20)) < 1000))
  })

  await report.test('100 clients that announce 100 MB and send nothing', async () => {
    if (broker.kind === 'apache') throw new Skip('Apache Kafka allocates what is announced and runs out of memory')
    const before = residentMegabytes(broker.pid)
    const announced = Buffer.from([0x06, 0x40, 0, 0]) // exactly socket.request.max.bytes
    const waiting = await Promise.all(Array.from({ length: 100 }, () => openSilent(bootstrap, announced)))
    await whileOpen(waiting, async () => {
      await sleep(500)
      const after = residentMegabytes(broker.pid)
      assert.ok((await slowestAnswer(bootstrap, 20)) < 1000)
      if (before !== null) assert.ok(after - before < 500, `memory grew from ${before} to ${after} MiB`)
    })
    await othersAreServed(bootstrap)
  })

  await report.test('2,000 idle connections', async () => {
    const limit = Number(execFileSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' })) || Number.POSITIVE_INFINITY
    if (limit < 2300) throw new Skip(`ulimit -n is ${limit}`)
    const idle = []
    while (idle.length < 2000) idle.push(...(await Promise.all(Array.from({ length: 50 }, () => openAndGreet(bootstrap)))))
    await whileOpen(idle, async () => {
      assert.ok((await slowestAnswer(bootstrap, 50)) < 1000)
      await produceMegabytes(bootstrap, topic, 1)
      for (const connection of idle) assert.ok(!connection.isClosed, 'an idle connection was closed')
    })
    await sleep(500)
    await othersAreServed(bootstrap)
  })
}

/** Closes the connections whatever comes of it: the next test must not suffer from this one. */
async function whileOpen(connections, body) {
  try {
    await body()
  } finally {
    for (const connection of connections) connection.close()
  }
}

async function openSilent(bootstrap, bytes) {
  const connection = await Connection.open(bootstrap)
  connection.socket.pause()
  connection.write(bytes)
  return connection
}

async function openAndGreet(bootstrap) {
  const connection = await Connection.open(bootstrap)
  await apiVersions(connection)
  return connection
}

async function slowestAnswer(bootstrap, times) {
  const connection = await Connection.open(bootstrap)
  let slowest = 0
  for (let i = 0; i < times; i++) {
    const from = performance.now()
    await metadata(connection, [], 10_000)
    slowest = Math.max(slowest, performance.now() - from)
  }
  connection.close()
  return slowest
}

async function produceMegabytes(bootstrap, topic, megabytes) {
  const connection = await Connection.open(bootstrap)
  const [known] = (await metadata(connection, [topic])).topics
  if (known.error !== 0) await createTopic(connection, topic, 1).catch(() => {}) // it may have been made by asking for it
  await untilServed(connection, topic, 1)
  const batch = letterBatch(1000, 1000)
  for (let i = 0; i < megabytes; i++) {
    assert.equal(readProduced(await connection.ask(api.produce, 7, produceBody(topic, 0, batch))).error, 0)
  }
  connection.close()
}

/** Resident memory in MiB, or null where there is no /proc. */
function residentMegabytes(pid) {
  try {
    return Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024)
  } catch {
    return null
  }
}
