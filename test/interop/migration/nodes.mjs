/** One cluster of nodes of both kinds: ours and Apache Kafka's, with roles as the judge wants them, each killed, stopped and started by its id. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { ourCommand, tail } from '../lib/brokers.mjs'
import { freePorts, replicated, storageTool, writeProperties } from '../lib/clusters.mjs'
import { start } from '../lib/processes.mjs'

const CLUSTER_ID = 'b2RyYWRlay1taWdyYXRlcw'
const MAX_NODES = 8
const STOP_MS = 90_000
const settings = {
  ...replicated,
  'min.insync.replicas': '1',
  'offsets.topic.num.partitions': '4',
  'group.initial.rebalance.delay.ms': '0',
  'auto.leader.rebalance.enable': 'false',
  'auto.create.topics.enable': 'false',
  'replica.lag.time.max.ms': '5000',
  'broker.session.timeout.ms': '6000',
}

export class MixedCluster {
  #dir
  #libs
  #firstPort
  #quorum
  #isStandalone
  #overrides
  #nodes = new Map()

  /**
   * `controllers` are the ids of the voters, which may be brokers too; ids go from 1 to 8. `libs` are Apache's jars. `isStandalone`: the only voter is
   * in the log (kraft.version 1) and the files name the controllers that are asked, `servers`; else all files name the voters (kraft.version 0).
   */
  static async plan({ dir, libs, controllers, servers = controllers, isStandalone = false, overrides = {} }) {
    const cluster = new MixedCluster()
    cluster.#dir = dir
    cluster.#libs = libs
    cluster.#overrides = overrides
    cluster.#firstPort = await freePorts(2 * MAX_NODES)
    cluster.#isStandalone = isStandalone
    cluster.#quorum = isStandalone
      ? { 'controller.quorum.bootstrap.servers': servers.map((id) => cluster.controllerAt(id)).join(',') }
      : { 'controller.quorum.voters': controllers.map((id) => `${id}@${cluster.controllerAt(id)}`).join(',') }
    return cluster
  }

  address(id) {
    return `127.0.0.1:${this.#firstPort + id - 1}`
  }

  controllerAt(id) {
    return `127.0.0.1:${this.#firstPort + MAX_NODES + id - 1}`
  }

  /** Where clients ask: all brokers that were added and not taken away. */
  get bootstrap() {
    return [...this.#nodes.values()]
      .filter(({ roles }) => roles.includes('broker'))
      .map(({ id }) => this.address(id))
      .join(',')
  }

  node(id) {
    return this.#nodes.get(id)
  }

  /** Formats a directory for a node, by our tool or by Apache's, and starts it; it may not answer yet. `joins`: a controller that is no voter at first. */
  async add({ id, kind, roles = 'broker', formattedBy = 'ours', formatWith = [], joins = false, overrides = {} }) {
    const dirs = ['one', 'two'].map((name) => join(this.#dir, `node-${id}`, name))
    const file = join(this.#dir, `node-${id}`, 'server.properties')
    mkdirSync(join(this.#dir, `node-${id}`), { recursive: true })
    const node = { id, kind, roles, dirs, file, overrides, earlier: '' }
    this.#write(node)
    const how = joins ? '--no-initial-controllers' : '--standalone'
    const voter = this.#isStandalone && roles.includes('controller') ? [how] : []
    await storageTool(formattedBy, ['format', '-t', CLUSTER_ID, '-c', file, ...voter, ...formatWith], this.#libs)
    node.child = this.#spawn(kind, file)
    this.#nodes.set(id, node)
  }

  #write({ id, roles, dirs, file, overrides }) {
    const listeners = [
      ...(roles.includes('broker') ? [`PLAINTEXT://${this.address(id)}`] : []),
      ...(roles.includes('controller') ? [`CONTROLLER://${this.controllerAt(id)}`] : []),
    ].join(',')
    writeProperties(file, {
      'process.roles': roles,
      'node.id': id,
      listeners,
      'controller.listener.names': 'CONTROLLER',
      ...this.#quorum,
      'log.dirs': dirs.join(','),
      ...settings,
      ...this.#overrides,
      ...overrides,
    })
  }

  /** A node that is stopped starts the next time as another kind or in other roles, on the directory that it has. */
  change(id, { kind, roles }) {
    const node = this.#nodes.get(id)
    Object.assign(node, { kind, roles })
    this.#write(node)
  }

  #spawn(kind, file) {
    if (kind === 'ours')
      return start(process.execPath, [ourCommand, 'start', file], { env: { ...process.env, KAFKA_METRICS_PORT: '0' } })
    const level = process.env.ODRADEK_APACHE_LOG ?? 'warn'
    const options = ['-Xmx256m', '-XX:TieredStopAtLevel=1', '-Xshare:auto', `-Dorg.slf4j.simpleLogger.defaultLogLevel=${level}`]
    return start('java', [...options, '-cp', `${this.#libs}/*`, 'kafka.Kafka', file])
  }

  output(id) {
    const { child, earlier } = this.#nodes.get(id)
    return earlier + child.output
  }

  async kill(id) {
    const { child } = this.#nodes.get(id)
    child.destroy()
    await child.ended
  }

  /** As `kill -TERM`; rejects where it does not end by itself. */
  async stop(id) {
    const { child } = this.#nodes.get(id)
    if (!child.exited) child.kill('SIGTERM')
    let late = false
    const limit = setTimeout(() => {
      late = true
      child.destroy()
    }, STOP_MS)
    const end = await child.ended
    clearTimeout(limit)
    if (late) throw new Error(`node ${id} did not stop within ${STOP_MS} ms: ${tail(this.output(id), 10)}`)
    return end
  }

  start(id) {
    const node = this.#nodes.get(id)
    node.earlier += node.child.output
    node.child = this.#spawn(node.kind, node.file)
  }

  forget(id) {
    this.#nodes.delete(id)
  }

  /** What has ended by itself, as text; empty where nothing has. */
  ended() {
    return [...this.#nodes.values()]
      .filter(({ child }) => child.exited)
      .map(({ id, child }) => `node ${id} ended with ${JSON.stringify(child.exited)}: ${tail(child.output, 10)}`)
      .join('\n')
  }

  async destroy() {
    for (const { child } of this.#nodes.values()) {
      child.destroy()
      await child.ended
    }
  }
}
