/** Kills the leaders of a topic one after the other, and takes the time until others have taken their places. */
import { recordBatch } from '../test/interop/lib/batch.mjs'
import { api, Connection, produceBody, readProduced } from '../test/interop/lib/wire.mjs'
import { median } from './table.mjs'
import { newTopic, partitionsOf, untilPartitions } from './topics.mjs'

const partitions = 12
const patienceMs = 60_000
const everyMs = 5
const sleep = (ms) => new Promise((resume) => setTimeout(resume, ms))

export class FailOver {
  #cluster
  #topic
  #batch = recordBatch([Buffer.alloc(100, 'f')])
  /** Of each kill, until the first and until the last partition was served again. */
  #gaps = []

  /** On a cluster of its own, with a topic of three replicas. */
  static async begin(cluster) {
    const judge = new FailOver()
    judge.#cluster = cluster
    judge.#topic = await newTopic({ bootstrap: cluster.bootstrap, topicConfigs: {} }, partitions, { replicas: 3 })
    await judge.#whole()
    await judge.#allTake(performance.now(), await judge.#partitions(cluster.nodes[0].bootstrap))
    return judge
  }

  /** kill -9 of who leads partition 0; it is back, and in sync, when this resolves. */
  async kill() {
    const { nodes } = this.#cluster
    const before = await this.#partitions(nodes[0].bootstrap)
    const { address } = before[0]
    const victim = nodes.findIndex(({ bootstrap }) => bootstrap === address)
    const survivor = nodes[(victim + 1) % nodes.length].bootstrap
    const asking = await Connection.open(survivor)
    const at = performance.now()
    await nodes[victim].kill()
    const led = before.filter((partition) => partition.address === address)
    const gaps = await this.#allTake(at, led, asking, address)
    asking.close()
    this.#gaps.push({ first: Math.min(...gaps), last: Math.max(...gaps) })
    await this.#cluster.restart(victim)
    await this.#whole()
  }

  figures() {
    const of = (which) => this.#gaps.map((gap) => gap[which])
    return { 'gap p50': median(of('last')), 'gap max': Math.max(...of('last')), 'gap first p50': median(of('first')) }
  }

  #partitions(bootstrap, connection) {
    return partitionsOf({ bootstrap }, this.#topic, connection)
  }

  #whole() {
    const isWhole = ({ isr, address }) => isr.length === 3 && address !== null
    return untilPartitions({ bootstrap: this.#cluster.nodes[0].bootstrap }, this.#topic, isWhole)
  }

  /** Sends a record to each of them until it is taken; how long after `at` that was. The node that is `gone` is not asked. */
  #allTake(at, wanted, asking, gone) {
    const lines = new Map()
    const take = async ({ index, address }) => {
      for (let leader = address; performance.now() - at < patienceMs; await sleep(everyMs)) {
        if (asking) leader = (await this.#partitions(null, asking))[index].address
        if (leader === null || leader === gone) continue
        if (await this.#taken(lines, leader, index)) return performance.now() - at
      }
      throw new Error(`partition ${index} is not served a minute after its leader was killed`)
    }
    return Promise.all(wanted.map(take)).finally(async () => {
      for (const line of lines.values()) (await line.catch(() => null))?.close()
    })
  }

  async #taken(lines, leader, index) {
    if (!lines.has(leader)) lines.set(leader, Connection.open(leader))
    const body = produceBody(this.#topic, index, this.#batch)
    const line = await lines.get(leader)
    return readProduced(await line.ask(api.produce, 7, body, patienceMs)).error === 0
  }
}
