/** Several brokers as one cluster on this machine. Every node is a broker; an odd number of them are the voters of the quorum, too. */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../test/interop/lib/brokers.mjs'
import { Connection, metadata } from '../test/interop/lib/wire.mjs'

const patienceMs = 60_000
/** The nodes of one cluster are formatted with one id. */
const clusterId = 'b2RyYWRlay1qdWRnZXMtMQ'

/**
 * Starts `count` nodes below `dir` by `start(dir, { port, more, env })`, and waits until each of them sees all. The handle: `bootstrap` and
 * `nodes[i]`, the handles of single brokers; `pids` and `probes` of all; `stop()`, which does not wait for a clean end: with most of its nodes gone
 * a cluster would take long for nothing. `restart(i)` starts one anew that has ended, on its directory and port.
 */
export async function startCluster(dir, count, start) {
  const from = performance.now()
  const plans = await plan(dir, count)
  const nodes = []
  const startNode = async (i) => (nodes[i] = await start(plans[i].dir, plans[i]))
  const stop = async () => void (await Promise.all(nodes.map((node) => node?.kill())))
  const starts = await Promise.allSettled(plans.map((_, i) => startNode(i)))
  try {
    for (const { status, reason } of starts) if (status === 'rejected') throw reason
    await allSeen(nodes)
  } catch (error) {
    await stop()
    rmSync(dir, { recursive: true, force: true })
    throw error
  }
  return {
    nodes,
    bootstrap: nodes[0].bootstrap,
    readyMs: performance.now() - from,
    get pids() {
      return nodes.map(({ pid }) => pid)
    },
    get probes() {
      return nodes.flatMap(({ probe }) => probe ?? [])
    },
    stop,
    async restart(i) {
      await startNode(i)
      await allSeen(nodes)
    },
  }
}

async function plan(dir, count) {
  const ports = await freePorts(2 * count)
  const voterCount = count % 2 === 0 ? count - 1 : count
  const voters = ports.slice(count, count + voterCount).map((port, i) => `${i + 1}@127.0.0.1:${port}`)
  const replicas = String(Math.min(3, count))
  const minInSync = count >= 3 ? '2' : '1'
  return Array.from({ length: count }, (_, i) => {
    const isVoter = i < voterCount
    const client = `PLAINTEXT://127.0.0.1:${ports[i]}`
    const listeners = isVoter ? `${client},CONTROLLER://127.0.0.1:${ports[count + i]}` : client
    const more = {
      'node.id': String(i + 1),
      'process.roles': isVoter ? 'broker,controller' : 'broker',
      listeners,
      'advertised.listeners': listeners,
      'controller.quorum.voters': voters.join(','),
      'controller.quorum.bootstrap.servers': voters.map((voter) => voter.split('@')[1]).join(','),
      'min.insync.replicas': minInSync,
      'offsets.topic.replication.factor': replicas,
      'transaction.state.log.replication.factor': replicas,
      'transaction.state.log.min.isr': minInSync,
      'share.coordinator.state.topic.replication.factor': replicas,
      'share.coordinator.state.topic.min.isr': minInSync,
    }
    const own = join(dir, `node-${i + 1}`)
    mkdirSync(own, { recursive: true })
    return { dir: own, port: ports[i], more, env: { ...process.env, CLUSTER_ID: clusterId } }
  })
}

/** Different ones; a port that was found free is not held, so two questions may have the same answer. */
async function freePorts(count) {
  const ports = new Set()
  while (ports.size < count) ports.add(await freePort())
  return [...ports]
}

async function allSeen(nodes) {
  const deadline = performance.now() + patienceMs
  for (const { bootstrap } of nodes) {
    const connection = await Connection.open(bootstrap)
    try {
      while ((await metadata(connection, [])).brokers.length < nodes.length) {
        if (performance.now() > deadline) throw new Error(`${bootstrap} does not see ${nodes.length} brokers within a minute`)
        await new Promise((resume) => setTimeout(resume, 20))
      }
    } finally {
      connection.close()
    }
  }
}
