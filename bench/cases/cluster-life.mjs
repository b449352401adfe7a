/** Clusters of three that are started for one case: their memory, and what happens when a leader is killed. `start(dir)` gives a cluster. */
import { load } from '../clients.mjs'
import { FailOver } from '../fail-over.mjs'
import { cpuOf, rssOf } from '../measure.mjs'
import { withTopic } from '../topics.mjs'
import { loads } from './life.mjs'

const sleep = (ms) => new Promise((resume) => setTimeout(resume, ms))
const idleSeconds = 10
const kills = 3

const memory = {
  name: 'cluster-memory',
  about:
    'three brokers: memory of all ten seconds after the start, CPU while nobody asks, memory after the raw loads in turn, three replicas',
  main: 'rssLoaded',
  takes: (seconds) => 4 * (Math.min(seconds, 2) + 1.2) + idleSeconds + 15,
  async runAlone(start, dir, { seconds }) {
    const cluster = await start(dir)
    const { pids, readyMs } = cluster
    await sleep(idleSeconds * 500)
    const before = cpuOf(pids)
    await sleep(idleSeconds * 500)
    const idle = { readyMs, rssIdle: rssOf(pids), idlePercent: ((cpuOf(pids) - before) / idleSeconds) * 200 }
    const target = { bootstrap: cluster.bootstrap, topicConfigs: {} }
    const all = async (topic, leaders) => {
      const shared = { leaders, topic, seconds: Math.min(seconds, 2) }
      for (const [kind, settings] of loads) await load(kind, { ...shared, ...settings })
    }
    await withTopic(target, 12, all, { replicas: 3 })
    const rssLoaded = rssOf(pids)
    await cluster.stop()
    return { ...idle, rssLoaded }
  },
}

const failOver = {
  name: 'cluster-fail-over',
  about: `three brokers: kill -9 of the leader of a partition, ${kills} times, from the kill until every partition it led has acknowledged a record (acks=all)`,
  main: 'gap p50',
  takes: () => 55,
  async runAlone(start, dir) {
    const cluster = await start(dir)
    const judge = await FailOver.begin(cluster)
    for (let i = 0; i < kills; i++) await judge.kill()
    await cluster.stop()
    return judge.figures()
  },
}

export const clusterLifeCases = [memory, failOver].map((each) => ({
  ...each,
  group: 'cluster',
  nodes: 3,
  replicas: 3,
  lowerIsBetter: true,
}))
