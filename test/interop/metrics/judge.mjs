/** A real Prometheus scrapes brokers under load: their pages, the rules and the dashboard of deploy/, and alerts that fire and resolve. */
import assert from 'node:assert/strict'
import { mkdirSync, renameSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { letterBatch } from '../lib/batch.mjs'
import { freePort, has } from '../lib/brokers.mjs'
import { debianRoot } from '../lib/debian.mjs'
import { must, run } from '../lib/processes.mjs'
import { api, Connection, produceBody, readProduced } from '../lib/wire.mjs'
import { cluster } from './cluster.mjs'
import { kafkaAt, startLoad } from './load.mjs'
import { pages } from './pages.mjs'
import { startPrometheus } from './prometheus.mjs'

export const judge = {
  name: 'metrics',
  about: 'Prometheus and promtool on /metrics, the rules and the dashboard of deploy/: alerts fire and resolve',
  needs: ['prometheus or apt-get'],
  startsBrokers: true,
  minutes: 8,

  async install() {
    if (!(await has('prometheus'))) process.env.PATH += `:${join(await debianRoot('prometheus', ['prometheus']), 'usr/bin')}`
  },

  async run({ report, workDir, startBroker, kind }) {
    if (kind === 'apache') return report.record('/metrics of Apache Kafka', 'skipped', 'it has none')
    const node = nodes(startBroker, workDir)
    const [main, other] = [await node('main', { dirs: 2 }), await node('other', { dirs: 1 })]
    const tmpfs = await smallDisk(join(workDir, 'small'))
    const small = tmpfs && (await node('small', { at: tmpfs }))
    const all = [main, other, ...(small ? [small] : [])]
    const load = await startLoad(main.broker.bootstrap, 'orders')
    const prometheus = await startPrometheus({ dir: workDir, targets: all.map(({ target }) => target) })
    try {
      await refuseSome(main.broker)
      await prometheus.until('there is traffic to look at', async () => {
        const found = await prometheus.query('rate(kafka_consumergroup_current_offset_sum{consumergroup="keeps-up"}[10s]) > 0')
        return found.length > 0
      })
      await pages({ report, workDir, prometheus, urls: all.map(({ url }) => url) })
      await alerts({ report, prometheus, main, other, small, tmpfs })
    } finally {
      await load.stop()
      await prometheus.stop()
      for (const { broker } of all) await broker.stop()
      if (tmpfs) await must('umount', ['-l', tmpfs])
    }
    await cluster({ report, workDir, startBroker })
  },
}

async function alerts({ report, prometheus, main, other, small, tmpfs }) {
  const fires = (name, title, scene) =>
    report.test(`${name}: ${title}`, () => prometheus.firesAndResolves(name, scene), { timeoutMs: 120_000 })

  await fires('OdradekNodeDown', 'a broker is killed, and started again', {
    labels: { instance: other.target },
    cause: () => other.broker.kill(),
    cure: () => other.restart(),
  })

  await fires('OdradekConsumerLag', 'a group that committed once falls behind, and catches up', {
    labels: { consumergroup: 'sleeps', topic: 'orders' },
    cause: () => fallBehind(main.broker, 'orders', 'sleeps'),
    cure: () => commitEnd(main.broker, 'orders', 'sleeps'),
  })
  // The load goes on, and a group nobody wakes would fall behind once more within half a minute.
  await deleteGroup(main.broker, 'sleeps')

  await fires('OdradekEventLoopSlow', 'a broker that is stopped for half a second again and again', stutter(other))

  let refusing
  await fires('OdradekFailedProduceRequests', 'a producer without luck', {
    labels: { instance: main.target },
    cause: () => {
      refusing = setInterval(() => refuseSome(main.broker).catch(() => {}), 200)
    },
    cure: () => clearInterval(refusing),
  })

  const disk = { cause: () => fill(tmpfs), cure: () => must('rm', [join(tmpfs, 'filler')]) }
  if (small) await fires('OdradekDiskNearlyFull', 'a file takes what there is, and goes', disk)
  else report.record('OdradekDiskNearlyFull: a file takes what there is, and goes', 'skipped', 'mounting is not allowed here')

  await report.test(
    'OdradekLogDirectoryOffline and OdradekOfflineReplicas: a log directory is taken away, and comes back with a restart',
    async () => {
      const gone = `${main.dirs[1]}-gone`
      const restart = async () => {
        await main.broker.stop()
        renameSync(gone, main.dirs[1])
        await main.restart()
      }
      let both
      await prometheus.firesAndResolves('OdradekLogDirectoryOffline', {
        labels: { logDirectory: main.dirs[1], instance: main.target },
        cause: () => renameSync(main.dirs[1], gone),
        cure: async () => {
          await prometheus.until('OdradekOfflineReplicas fires as well', async () => {
            both = await prometheus.firing('OdradekOfflineReplicas')
            return both.length > 0
          })
          await restart()
        },
      })
      assert.ok(both.length > 0)
      await prometheus.until('OdradekOfflineReplicas resolves', async () => {
        return (await prometheus.firing('OdradekOfflineReplicas')).length === 0
      })
    },
    { timeoutMs: 120_000 },
  )

  await report.test('when all is over no alert fires', async () => {
    // That event loops are late says how busy this machine is, and is no trouble that the judge made.
    const left = async () =>
      (await prometheus.query('ALERTS{alertstate="firing",alertname!="OdradekEventLoopSlow"}')).map(({ metric }) =>
        JSON.stringify(metric),
      )
    let last = []
    const isQuiet = async () => (last = await left()).length === 0
    await prometheus.until('nothing fires', isQuiet).catch((error) => {
      throw new Error(`${error.message}: ${last.join(', ')}`)
    })
  })
}

/** Brokers by name, each a cluster of its own, with a port for metrics that it keeps. */
function nodes(startBroker, workDir) {
  return async (name, { dirs: count = 1, at = join(workDir, name) }) => {
    const dir = join(workDir, name)
    const dirs = Array.from({ length: count }, (_, i) => join(at, `data-${i}`))
    mkdirSync(dir, { recursive: true })
    const port = await freePort()
    const metricsPort = await freePort()
    const overrides = {
      'log.dirs': dirs.join(','),
      'metrics.port': String(metricsPort),
      'offsets.topic.num.partitions': '2',
      'replica.high.watermark.checkpoint.interval.ms': '500',
      'group.initial.rebalance.delay.ms': '0',
    }
    const begin = () => startBroker({ dir, port, overrides })
    const node = {
      broker: await begin(),
      dirs,
      target: `127.0.0.1:${metricsPort}`,
      url: `http://127.0.0.1:${metricsPort}`,
      async restart() {
        node.broker = await begin()
      },
    }
    return node
  }
}

/** Where a full disk hurts nobody; null where mounting is not allowed. */
async function smallDisk(dir) {
  mkdirSync(dir, { recursive: true })
  const mounted = await run('mount', ['-t', 'tmpfs', '-o', 'size=200m', 'tmpfs', dir])
  return mounted.code === 0 ? dir : null
}

/** Leaves 7 % of it: less than the alert wants, more than the broker keeps for itself. */
function fill(dir) {
  const { blocks, bavail, bsize } = statfsSync(dir)
  writeFileSync(join(dir, 'filler'), Buffer.alloc((bavail - Math.ceil(0.07 * blocks)) * bsize))
}

/** Writes to a partition that does not exist. */
async function refuseSome({ bootstrap }) {
  const connection = await Connection.open(bootstrap)
  try {
    const { error } = readProduced(await connection.ask(api.produce, 7, produceBody('orders', 99, letterBatch(1, 10))))
    assert.notEqual(error, 0)
  } finally {
    connection.close()
  }
}

async function fallBehind({ bootstrap }, topic, groupId) {
  const admin = kafkaAt(bootstrap).admin()
  await admin.connect()
  await admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: '0' }] })
  await admin.disconnect()
  const connection = await Connection.open(bootstrap)
  for (let i = 0; i < 11; i++) {
    const { error } = readProduced(await connection.ask(api.produce, 7, produceBody(topic, 0, letterBatch(1000, 20))))
    assert.equal(error, 0)
  }
  connection.close()
}

async function commitEnd({ bootstrap }, topic, groupId) {
  const admin = kafkaAt(bootstrap).admin()
  await admin.connect()
  const offsets = await admin.fetchTopicOffsets(topic)
  const partitions = offsets.map(({ partition, high }) => ({ partition, offset: high }))
  await admin.setOffsets({ groupId, topic, partitions })
  await admin.disconnect()
}

async function deleteGroup({ bootstrap }, groupId) {
  const admin = kafkaAt(bootstrap).admin()
  await admin.connect()
  await admin.deleteGroups([groupId])
  await admin.disconnect()
}

function stutter(node) {
  let isOver = false
  let stuttering
  return {
    labels: { instance: node.target },
    cause: () => {
      const { child } = node.broker
      stuttering = (async () => {
        while (!isOver) {
          child.kill('SIGSTOP')
          await new Promise((resume) => setTimeout(resume, 400))
          child.kill('SIGCONT')
          await new Promise((resume) => setTimeout(resume, 400))
        }
      })()
    },
    cure: async () => {
      isOver = true
      await stuttering
    },
  }
}
