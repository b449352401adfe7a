/** What is done to a cluster's voters, told twice: of real nodes, and of those that are judged. */
import assert from 'node:assert/strict'
import { appendFileSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Side } from '../cluster/compared.mjs'
import { nodeFiles, startFromFiles, storageTool, writeProperties } from '../lib/clusters.mjs'
import { eventually } from '../lib/report.mjs'

const CLUSTER_ID = 'b2RyYWRlay1qdWRnZXMtMw'
const SEEN_MS = 60_000
const QUORUM = 'kafka-metadata-quorum'

/** Node 1 begins alone; 2 and 3 join and go by request. */
export async function changes(rooms) {
  await told(rooms, 'changes', { quorum: 'bootstrap', format: standalone }, async (cluster) => {
    const { step, voters, files, side } = cluster
    const add = (id) => side.said(QUORUM, '--command-config', files[id - 1].file, 'add-controller')
    const remove = (id, directory) =>
      side.said(QUORUM, 'remove-controller', '--controller-id', id, '--controller-directory-id', directory)
    await voters('one voter, two observers', { voters: [1], observers: [2, 3] })
    await step('add-controller', () => add(2))
    await step('add-controller of a voter', () => add(2))
    await step('add-controller of the third', () => add(3))
    await voters('three voters', { voters: [1, 2, 3], observers: [] })
    await step('remove-controller of another directory', () => remove(2, cluster.directories()[0]))
    await step('remove-controller of nobody', () => remove(9, cluster.directories()[0]))
    await step('remove-controller of the leader', async () => {
      const leader = await cluster.leader()
      const said = await remove(leader, cluster.directories()[leader - 1])
      await eventually(async () => assert.notEqual(await cluster.leader(), leader), SEEN_MS)
      const rest = [1, 2, 3].filter((id) => id !== leader)
      await eventually(async () => assert.deepEqual(await cluster.members(), { voters: rest, observers: [leader] }), SEEN_MS)
      let again = ''
      await eventually(async () => assert.match((again = await add(leader)), /^Added controller/), SEEN_MS)
      return cluster.plain(`${said}${again}`).replaceAll(/(controller|CONTROLLER-|DIRECTORY-) ?\d/g, 'N')
    })
    await voters('three voters again', { voters: [1, 2, 3], observers: [] })
    await step('topics are made meanwhile', () =>
      side.said('kafka-topics', '--create', '--topic', 'three', '--partitions', '3', '--replication-factor', '3'),
    )
    await step('a voter comes back at another address', async () => {
      const follower = await cluster.follower()
      await cluster.move(follower)
      return 'seen'
    })
    await cluster.stop()
    await step('kafka-dump-log: a record for each change', async () => {
      const sets = await cluster.votersInLog()
      // Which of the three led, and so went and came back, is chance.
      return JSON.stringify(sets.map((ids) => ids.length))
    })
  })
}

/** kraft.version 0, where the configuration names the voters, to 1. */
export async function upgrade(rooms) {
  await told(rooms, 'upgrade', { quorum: 'voters', format: plain }, async (cluster) => {
    const { step, voters, side, files } = cluster
    const level = async () =>
      /Feature: kraft\.version.*FinalizedVersionLevel: (\d)/.exec(await side.said('kafka-features', 'describe'))?.[1]
    await step('kraft.version 0', level)
    await step('add-controller is refused', () => side.said(QUORUM, '--command-config', files[1].file, 'add-controller'))
    await step('kafka-features upgrade --feature kraft.version=1', async () => {
      await eventually(async () => {
        const said = await side.said('kafka-features', 'upgrade', '--feature', 'kraft.version=1')
        assert.doesNotMatch(said, /exit|Could not/, said)
      }, SEEN_MS)
      await eventually(async () => assert.equal(await level(), '1'), SEEN_MS)
      return 'done'
    })
    await step('kafka-features downgrade is refused', () =>
      side.said('kafka-features', 'downgrade', '--feature', 'kraft.version=0'),
    )
    await voters('three voters with directories', { voters: [1, 2, 3], observers: [] })
    await step('remove-controller works then', async () => {
      const id = await cluster.follower()
      const said = await side.said(
        QUORUM,
        'remove-controller',
        '--controller-id',
        id,
        '--controller-directory-id',
        cluster.directories()[id - 1],
      )
      return cluster.plain(said).replaceAll(/\b[123]\b/g, 'N')
    })
    await cluster.stop()
  })
}

/** controller.quorum.auto.join.enable */
export async function joining(rooms) {
  const overrides = { 'controller.quorum.auto.join.enable': 'true' }
  await told(rooms, 'joining', { quorum: 'bootstrap', format: standalone, overrides }, async (cluster) => {
    await cluster.voters('three voters by themselves', { voters: [1, 2, 3], observers: [] })
    await cluster.stop()
  })
}

// ---- telling it

/** `tell(cluster)` on a real cluster and on the judged one; each of its steps gives a text, and both must be the same. */
async function told({ report, runner, libs, workDir, kind }, name, how, tell) {
  const found = new Map()
  for (const [round, side] of ['apache', kind].entries()) {
    const files = await nodeFiles({ dir: join(workDir, `${name}-${round}`), quorum: how.quorum, overrides: how.overrides })
    await how.format(side, files, libs)
    const started = await startFromFiles(side, files, libs)
    const cluster = new Quorum({ started, files, runner, libs })
    const step = async (what, act) => {
      const text = async () => {
        const said = cluster.plain(await act())
        appendFileSync(join(workDir, `${name}-${round}.txt`), `${what}\n${said}\n\n`) // for who looks with --keep
        return said
      }
      if (round === 0) return found.set(what, await text())
      await report.test(`${name}: ${what}`, async () => assert.equal(await text(), found.get(what)), { timeoutMs: 180_000 })
    }
    cluster.step = step
    cluster.voters = (what, expected) =>
      step(what, async () => {
        await eventually(async () => assert.deepEqual(await cluster.members(), expected), SEEN_MS)
        return JSON.stringify(expected)
      })
    try {
      await tell(cluster)
    } catch (error) {
      throw new Error(`${side}: ${error.message}`, { cause: error })
    } finally {
      await started.destroy()
    }
  }
}

async function standalone(kind, files, libs) {
  for (const { id, file } of files) {
    const choice = id === 1 ? '--standalone' : '--no-initial-controllers'
    await storageTool(kind, ['format', '-t', CLUSTER_ID, '-c', file, choice], libs)
  }
}

async function plain(kind, files, libs) {
  for (const { file } of files) await storageTool(kind, ['format', '-t', CLUSTER_ID, '-c', file], libs)
}

class Quorum {
  #started
  #runner

  constructor({ started, files, runner }) {
    this.#started = started
    this.#runner = runner
    this.files = files
    this.side = new Side(started, runner)
  }

  /** Of the nodes, in their order. */
  directories() {
    return this.files.map(({ dataDir }) => /directory\.id=(\S+)/.exec(readFileSync(join(dataDir, 'meta.properties'), 'utf8'))[1])
  }

  /** A text without what differs from cluster to cluster. */
  plain(text = '') {
    let found = String(text)
    for (const [at, id] of this.directories().entries()) found = found.replaceAll(id, `DIRECTORY-${at + 1}`)
    // Apache's order of a set of voters follows from hashes of their directories.
    found = found.replaceAll(
      /\[(ReplicaKey\([^\]]*)\]/g,
      (_, keys) =>
        `[${keys
          .split(/, (?=ReplicaKey)/)
          .sort()
          .join(', ')}]`,
    )
    return this.side.normal(found)
  }

  async #status() {
    return this.side.must(QUORUM, 'describe', '--status')
  }

  async leader() {
    return Number(/LeaderId:\s+(\d+)/.exec(await this.#status())?.[1])
  }

  async follower() {
    const leader = await this.leader()
    return [1, 2, 3].find((id) => id !== leader)
  }

  async members() {
    const status = await this.#status()
    const idsOf = (what) =>
      [...(new RegExp(`${what}:\\s+(.*)$`, 'm').exec(status)?.[1] ?? '').matchAll(/"id": (\d+)/g)]
        .map(([, id]) => Number(id))
        .sort()
    return { voters: idsOf('CurrentVoters'), observers: idsOf('CurrentObservers') }
  }

  /** The node stops, and starts with another port for controllers; the quorum comes to know it. */
  async move(id) {
    const { file, controller } = this.files[id - 1]
    const node = this.#started.nodes[id - 1]
    const moved = `127.0.0.1:${Number(controller.split(':')[1]) + 7}`
    await node.stop()
    const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean)
    const properties = Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    )
    for (const key of ['listeners', 'advertised.listeners']) properties[key] = properties[key].replace(controller, moved)
    writeProperties(file, properties)
    await node.start()
    await eventually(
      async () => assert.match(await this.#status(), new RegExp(`CONTROLLER://${moved.replaceAll('.', '\\.')}`)),
      SEEN_MS,
    )
  }

  /** Who votes, as each record of node 1's log says it. */
  async votersInLog() {
    const dir = join(this.files[0].dataDir, '__cluster_metadata-0')
    const logs = readdirSync(dir)
      .filter((name) => name.endsWith('.log'))
      .sort()
    const sets = []
    for (const name of logs) {
      const output = await this.#runner.must('kafka-dump-log', [
        '--files',
        join(dir, name),
        '--cluster-metadata-decoder',
        '--deep-iteration',
      ])
      assert.doesNotMatch(output, /Could not decode|isvalid: false/)
      for (const [line] of output.matchAll(/^.*KRaftVoters.*$/gm))
        sets.push([...line.matchAll(/"voterId":(\d+)/g)].map(([, id]) => id))
    }
    assert.ok(sets.length > 0, 'the log says who votes')
    return sets
  }

  stop() {
    return this.#started.stop()
  }
}
