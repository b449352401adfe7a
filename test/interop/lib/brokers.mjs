/**
 * Starts a broker for a judge: ours by default, or Apache Kafka itself when the judges are to be judged (`--broker apache`).
 * Both read the same properties file, so that neither gets an easier life.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { kafkaLibs } from './cache.mjs'
import { must, run, start } from './processes.mjs'
import { Connection, metadata } from './wire.mjs'

export const projectDir = resolve(import.meta.dirname, '../../..')

/** What Apache's sample file sets for a single node: every internal topic with one replica. */
const singleNode = {
  'process.roles': 'broker,controller',
  'node.id': '1',
  'controller.listener.names': 'CONTROLLER',
  'offsets.topic.replication.factor': '1',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  'share.coordinator.state.topic.replication.factor': '1',
  'share.coordinator.state.topic.min.isr': '1',
}

/** A free port below the ephemeral range, so that no outgoing connection takes it while its broker restarts; not `taken`, which somebody will listen on soon. */
export async function freePort(taken) {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000)
    if (port === taken) continue
    const free = await new Promise((settle) => {
      const server = createServer().once('error', () => settle(false))
      server.listen(port, '127.0.0.1', () => server.close(() => settle(true)))
    })
    if (free) return port
  }
}

/**
 * Starts a broker on `dir` (its data lies in `dir/data`) and waits until it answers Metadata with itself as a broker.
 * `overrides` are Kafka properties (undefined: none, where a single node has one), `build` is a folder with another build of ours, `onSpawn` gets the
 * process id at once, `through` is a command that runs the broker's, `host` is where it is reached. The handle: `bootstrap`, `port`, `pid`, `dataDir`, `output`, `stop()` -> how it ended, `kill()`.
 */
export async function startBroker({
  kind = 'ours',
  dir,
  host = '127.0.0.1',
  port,
  controllerPort,
  through = [],
  overrides = {},
  readyMs = 60_000,
  env = process.env,
  node = process.execPath,
  build = builtDir,
  onSpawn = () => {},
}) {
  const chosen = port ?? (await freePort())
  const dataDir = overrides['log.dirs'] ?? join(dir, 'data')
  mkdirSync(dir, { recursive: true })
  const file = writeProperties({
    dir,
    port: chosen,
    controllerPort: controllerPort ?? (await freePort(chosen)),
    dataDir,
    overrides,
  })
  const program = kind === 'apache' ? await apacheProgram(file, dataDir, overrides) : ourProgram(file, node, build)
  const startedAt = performance.now()
  const [command, ...args] = [...through, program.command, ...program.args]
  const child = start(command, args, { env })
  onSpawn(child.pid)
  const broker = {
    kind,
    dir,
    dataDir,
    port: chosen,
    bootstrap: `${host}:${chosen}`,
    pid: child.pid,
    child,
    get output() {
      return child.output
    },
    /** SIGTERM, and SIGKILL after `graceMs`. */
    async stop(graceMs = 60_000) {
      const from = performance.now()
      if (!child.exited) child.kill('SIGTERM')
      const limit = setTimeout(() => child.destroy(), graceMs)
      const end = await child.ended
      clearTimeout(limit)
      return { ...end, ms: performance.now() - from }
    },
    async kill() {
      child.destroy()
      await child.ended
    },
  }
  try {
    await untilReady(broker, readyMs)
  } catch (error) {
    await broker.kill()
    throw error
  }
  broker.readyMs = performance.now() - startedAt
  return broker
}

function writeProperties({ dir, port, controllerPort, dataDir, overrides }) {
  const properties = {
    ...singleNode,
    'controller.quorum.bootstrap.servers': `127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'log.dirs': dataDir,
    ...overrides,
  }
  const file = join(dir, 'server.properties')
  writeFileSync(
    file,
    Object.entries(properties)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => `${key}=${value}\n`)
      .join(''),
  )
  return file
}

/** The command that starts our broker; `ODRADEK_BUILD` names a folder with another build (bin and dist) than the project's. */
const builtDir = process.env.ODRADEK_BUILD || projectDir
const commandIn = (build) => join(build, 'bin/odradek.js')
const libraryIn = (build) => join(build, 'dist/index.js')
export const ourCommand = commandIn(builtDir)
export const ourLibrary = libraryIn(builtDir)

function ourProgram(file, node, build) {
  if (!existsSync(libraryIn(build)))
    throw new Error(`${libraryIn(build)} does not exist: build the project first (npm run build)`)
  return { command: node, args: [commandIn(build), 'start', file] }
}

/** Formats the directory if it is empty, as Apache Kafka wants it: a node whose file names no voters is the only one. */
async function apacheProgram(file, dataDir, overrides) {
  const libs = await kafkaLibs()
  const options = ['-Dorg.slf4j.simpleLogger.defaultLogLevel=warn', '-cp', `${libs}/*`]
  if (!existsSync(join(dataDir, 'meta.properties'))) {
    await must('java', [
      ...options,
      'kafka.tools.StorageTool',
      'format',
      ...(overrides['controller.quorum.voters'] ? [] : ['--standalone']),
      '-t',
      'b2RyYWRlay1qdWRnZXMtMQ',
      '-c',
      file,
    ])
  }
  return {
    command: 'java',
    args: ['-Xms1G', '-Xmx1G', '-XX:+UseG1GC', '-XX:MaxGCPauseMillis=20', ...options, 'kafka.Kafka', file],
  }
}

async function untilReady(broker, readyMs) {
  const deadline = performance.now() + readyMs
  while (performance.now() < deadline) {
    if (broker.child.exited)
      throw new Error(`the broker ended with ${broker.child.exited.code} at once:\n${tail(broker.output, 60)}`)
    if (await answersMetadata(broker.bootstrap)) return
    await new Promise((resume) => setTimeout(resume, 10))
  }
  throw new Error(`the broker does not serve within ${readyMs} ms:\n${tail(broker.output)}`)
}

async function answersMetadata(bootstrap) {
  try {
    const connection = await Connection.open(bootstrap)
    try {
      return (await metadata(connection, [], 2000)).brokers.length > 0
    } finally {
      connection.close()
    }
  } catch {
    return false // not listening yet, or not ready to answer
  }
}

export function tail(text, lines = 15) {
  return text.trim().split('\n').slice(-lines).join('\n')
}

/** Whether this machine has the program. */
export async function has(program) {
  return (await run('sh', ['-c', `command -v ${program}`])).code === 0
}
