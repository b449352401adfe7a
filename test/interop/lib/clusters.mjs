/**
 * Three brokers for a judge: ours as `odradek start --brokers 3` runs them, and nodes from files of properties, which both ours and
 * Apache Kafka start on. A node of any of them can be killed and brought back.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { ourCommand, tail } from './brokers.mjs'
import { must, start } from './processes.mjs'
import { Connection, metadata } from './wire.mjs'

const READY = /^odradek \S+ ready on (\S+) \((.*)\)$/m
const READY_MS = 120_000
const sleep = (ms) => new Promise((resume) => setTimeout(resume, ms))

/** What makes a cluster of three survive the loss of one, as `--brokers 3` sets it. */
export const replicated = {
  'default.replication.factor': '3',
  'min.insync.replicas': '2',
  'offsets.topic.replication.factor': '3',
  'transaction.state.log.replication.factor': '3',
  'transaction.state.log.min.isr': '2',
  'share.coordinator.state.topic.replication.factor': '3',
  'share.coordinator.state.topic.min.isr': '2',
}

/** The first of `count` free ports in a row, below the ephemeral range. */
export async function freePorts(count) {
  for (;;) {
    const first = 21_000 + Math.floor(Math.random() * 10_900)
    let free = 0
    while (free < count && (await isFree(first + free))) free++
    if (free === count) return first
  }
}

function isFree(port) {
  return new Promise((settle) => {
    const server = createServer().once('error', () => settle(false))
    server.listen(port, '127.0.0.1', () => server.close(() => settle(true)))
  })
}

/**
 * `odradek start --brokers 3` with its data below `dir`; resolves with its ready line. The handle: `ready` (the line), `bootstrap`, `nodes` (in order of
 * their ids: `id`, `address`, `dataDir`, `pid()`, `kill()`, `start()`), `output`, `stop()` -> how it ended, `destroy()`.
 */
export async function startOurCluster({ dir, port, overrides = {}, env = process.env }) {
  const first = port ?? (await freePorts(6))
  const dataDir = join(dir, 'data')
  mkdirSync(dir, { recursive: true })
  const settings = { listeners: `PLAINTEXT://127.0.0.1:${first}`, 'log.dirs': dataDir, 'metrics.port': '0', ...overrides }
  const words = Object.entries(settings).flatMap(([key, value]) => ['--override', `${key}=${value}`])
  const parent = start(process.execPath, [ourCommand, 'start', '--brokers', '3', ...words], { env })
  const found = await untilSaid(parent, READY, READY_MS)
  const pids = [...found[2].matchAll(/node (\d+) is process (\d+)/g)].map(([, id, pid]) => ({ id: Number(id), pid: Number(pid) }))
  const addresses = found[1].split(',')
  const nodes = pids.map(({ id, pid }, at) =>
    memberOf(parent, { id, pid, address: addresses[at], dataDir: join(dataDir, `node-${id}`) }),
  )
  return {
    kind: 'ours',
    ready: found[0],
    port: first,
    dataDir,
    bootstrap: addresses.join(','),
    controllers: nodes.map((_, at) => `localhost:${first + 3 + at}`),
    nodes,
    get output() {
      return parent.output + nodes.map(({ output }) => output).join('')
    },
    /** SIGTERM, as Ctrl-C does it. */
    async stop() {
      if (!parent.exited) parent.kill('SIGTERM')
      await Promise.all(nodes.map((node) => node.stopOwn()))
      return parent.ended
    },
    async destroy() {
      for (const node of nodes) await node.kill()
      parent.destroy()
      await parent.ended
    },
  }
}

/** A process of `--brokers`, which the judge kills, and starts again with the same words. */
function memberOf(parent, { id, pid, address, dataDir }) {
  const typed = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1)
  const words = typed.slice(typed.indexOf('start'))
  let own = null
  return {
    id,
    address,
    dataDir,
    pid: () => own?.pid ?? pid,
    get output() {
      return own?.output ?? ''
    },
    async kill() {
      if (own) {
        own.destroy()
        await own.ended
      } else await killed(pid, () => parent.exited)
    },
    async start() {
      own = start(process.execPath, [ourCommand, ...words])
      await untilSaid(own, READY, READY_MS)
    },
    async stopOwn() {
      if (!own || own.exited) return
      own.kill('SIGTERM')
      await own.ended
    },
  }
}

async function killed(pid, isOver) {
  try {
    if (!isOver()) process.kill(pid, 'SIGKILL')
    while (!isOver() && process.kill(pid, 0)) await sleep(10)
  } catch (error) {
    if (error.code !== 'ESRCH') throw error // it is gone
  }
}

async function untilSaid(child, pattern, ms) {
  const deadline = performance.now() + ms
  for (;;) {
    const found = pattern.exec(child.stdout)
    if (found) return found
    if (child.exited || performance.now() > deadline) {
      child.destroy()
      throw new Error(`${child.exited ? `it ended with ${child.exited.code}` : `not within ${ms} ms`}: ${tail(child.output, 20)}`)
    }
    await sleep(20)
  }
}

/**
 * The files of three nodes that are broker and controller, below `dir`. `quorum`: 'voters' names them in the file (kraft.version 0), 'bootstrap' leaves
 * that to formatting (kraft.version 1).
 */
export async function nodeFiles({ dir, quorum = 'voters', overrides = {} }) {
  const first = await freePorts(6)
  const controllers = [1, 2, 3].map((id) => ({ id, address: `127.0.0.1:${first + 2 + id}` }))
  const named =
    quorum === 'voters'
      ? { 'controller.quorum.voters': controllers.map(({ id, address }) => `${id}@${address}`).join(',') }
      : { 'controller.quorum.bootstrap.servers': controllers.map(({ address }) => address).join(',') }
  return [1, 2, 3].map((id) => {
    const address = `127.0.0.1:${first + id - 1}`
    const controller = controllers[id - 1].address
    const dataDir = join(dir, `node-${id}`, 'data')
    const file = join(dir, `node-${id}`, 'server.properties')
    const listeners = `PLAINTEXT://${address},CONTROLLER://${controller}`
    mkdirSync(join(dir, `node-${id}`), { recursive: true })
    writeProperties(file, {
      'process.roles': 'broker,controller',
      'node.id': id,
      listeners,
      'advertised.listeners': listeners,
      'controller.listener.names': 'CONTROLLER',
      ...named,
      'log.dirs': dataDir,
      ...replicated,
      ...overrides,
    })
    return { id, address, controller, dataDir, file }
  })
}

export function writeProperties(file, properties) {
  const lines = Object.entries(properties).map(([key, value]) => `${key}=${value}\n`)
  writeFileSync(file, lines.join(''))
}

/** Starts one node on its file, and does not wait. `kind`: ours or apache; `libs` are Apache's jars. */
export function startNode(kind, file, libs, env = { ...process.env, KAFKA_METRICS_PORT: '0' }) {
  if (kind === 'ours') return start(process.execPath, [ourCommand, 'start', file], { env })
  const options = ['-Xmx400m', '-XX:TieredStopAtLevel=1', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn', '-cp', `${libs}/*`]
  return start('java', [...options, 'kafka.Kafka', file])
}

/** Starts three nodes on files whose directories are formatted, and waits until all of them are seen. The handle is that of `startOurCluster`. */
export async function startFromFiles(kind, files, libs) {
  const nodes = files.map(({ id, address, dataDir, file }) => {
    let child = startNode(kind, file, libs)
    return {
      id,
      address,
      dataDir,
      pid: () => child.pid,
      get output() {
        return child.output
      },
      get exited() {
        return child.exited
      },
      async kill() {
        child.destroy()
        await child.ended
      },
      async start() {
        child = startNode(kind, file, libs)
        await untilAnswers(address, child)
      },
      stop() {
        if (!child.exited) child.kill('SIGTERM')
        const limit = setTimeout(() => child.destroy(), 60_000)
        return child.ended.finally(() => clearTimeout(limit))
      },
    }
  })
  const cluster = {
    kind,
    bootstrap: files.map(({ address }) => address).join(','),
    controllers: files.map(({ controller }) => controller),
    nodes,
    get output() {
      return nodes.map(({ output }) => output).join('')
    },
    stop: () => Promise.all(nodes.map((node) => node.stop())),
    destroy: () => Promise.all(nodes.map((node) => node.kill())),
  }
  try {
    await untilBrokers(cluster, files.length)
  } catch (error) {
    await cluster.destroy()
    throw error
  }
  return cluster
}

/** Waits until every node sees so many brokers. */
export async function untilBrokers({ nodes, ...cluster }, count, ms = READY_MS) {
  const deadline = performance.now() + ms
  for (const node of nodes) {
    while ((await brokersSeen(node.address)) < count) {
      if (node.exited || performance.now() > deadline)
        throw new Error(`node ${node.id} does not see ${count} brokers: ${tail(node.output || cluster.output || '', 20)}`)
      await sleep(100)
    }
  }
}

async function untilAnswers(address, child) {
  const deadline = performance.now() + READY_MS
  while ((await brokersSeen(address)) === 0) {
    if (child.exited || performance.now() > deadline) throw new Error(`it does not answer: ${tail(child.output, 20)}`)
    await sleep(100)
  }
}

async function brokersSeen(address) {
  try {
    const connection = await Connection.open(address, { timeoutMs: 2000 })
    try {
      return (await metadata(connection, [], 2000)).brokers.length
    } finally {
      connection.close()
    }
  } catch {
    return 0 // not listening yet, or not ready to answer
  }
}

/** `kafka-storage` by Apache's tool (`libs`), or by ours. */
export async function storageTool(kind, args, libs) {
  const options = ['-Dorg.slf4j.simpleLogger.defaultLogLevel=error', '-XX:TieredStopAtLevel=1', '-cp', `${libs}/*`]
  if (kind === 'ours') return must(process.execPath, [ourCommand, 'storage', ...args])
  return must('java', [...options, 'kafka.tools.StorageTool', ...args])
}
