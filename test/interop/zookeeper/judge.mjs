/** The metadata log on real ZooKeeper servers: one, and an ensemble of three; nodes killed, frozen and put back; servers killed and frozen under load. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { compileTests } from '../../../scripts/compile.mjs'
import { projectDir } from '../lib/brokers.mjs'
import { versions, zookeeperLibs } from '../lib/cache.mjs'
import { run } from '../lib/processes.mjs'
import { startEnsemble } from '../lib/zookeeper.mjs'
import { Members, until } from './members.mjs'
import { judgeNodes } from './nodes.mjs'

const SESSION_MS = 4000

/** Another folder with the compiled sources than the project's. */
const modules = process.env.ODRADEK_MODULES

export const judge = {
  name: 'zookeeper',
  about: `the metadata log on ZooKeeper ${versions.zookeeper.join(' and ')}: election, fencing, snapshots, Kafka's own nodes; an ensemble whose leader is killed`,
  needs: ['java', 'mvn', 'shared'],
  minutes: 12,
  startsBrokers: true, // none: nodes with a log each

  async install() {
    if (!modules && !(await compileTests())) throw new Error('the sources do not compile')
    return Promise.all(versions.zookeeper.map(zookeeperLibs))
  },

  async run({ report, tools, workDir, sharedDir }) {
    const compiled = modules ?? join(projectDir, 'build')
    const load = (path) => import(pathToFileURL(join(compiled, 'src', path)).href)
    for (const [index, version] of versions.zookeeper.entries()) {
      const libs = tools[index]
      const world = { report, compiled, libs, workDir: join(workDir, version), name: version }
      const ensemble = await startEnsemble({ libs, dir: join(workDir, version, 'one') })
      try {
        await judgeNodes({ report, connect: ensemble.connect, libs, load, sharedDir, name: version })
        await judgeNodeFaults(world, ensemble)
      } finally {
        await ensemble.stop()
      }
      await judgeEnsemble(world)
    }
    await judgeAddresses({ report, compiled })
  },
}

/** Runs `body` with three nodes under load, and checks all that they said. */
async function withMembers({ report, compiled, name }, connect, what, body) {
  await report.test(
    `${name}: ${what}`,
    async () => {
      const members = new Members(compiled, connect, SESSION_MS)
      try {
        for (const id of [1, 2, 3]) await members.add(id)
        for (const { tell } of members.all) tell('load')
        await until(
          () => members.acked.length > 50,
          30_000,
          () => `50 acknowledgements: ${members.acked.length}`,
        )
        const facts = await body(members)
        await goesOn(members)
        for (const { tell } of members.running) tell('rest')
        const settled = () => new Set(members.running.map(({ committed }) => committed.at(-1))).size === 1
        await until(settled, 20_000, () => `one end of the log: ${members.running.map(({ committed }) => committed.at(-1))}`)
        members.check()
        const gap = `longest gap ${members.longestGap()} ms`
        console.log(`       ${members.acked.length} acknowledged, ${gap}${facts ? `, ${facts}` : ''}`)
      } finally {
        await members.stop()
      }
    },
    { timeoutMs: 150_000 },
  )
}

/** Something new is acknowledged, and so is what follows. */
async function goesOn(members, ms = 40_000) {
  const before = members.acked.length
  await until(
    () => members.acked.length > before + 20,
    ms,
    () => `more than ${before + 20} acknowledgements: ${members.acked.length}`,
  )
}

async function judgeNodeFaults(world, { connect }) {
  await withMembers(world, `${connect}/killed`, 'kill -9 of the leading node, three times', async (members) => {
    for (let i = 0; i < 3; i++) {
      const leader = await members.leader()
      const { epoch } = leader
      await leader.kill()
      const next = await members.leader()
      assert.ok(next.epoch > epoch, `${next.epoch} follows ${epoch}`)
      await goesOn(members)
      const again = await members.add(leader.id)
      again.tell('load')
    }
  })
  await withMembers(
    world,
    `${connect}/frozen`,
    'a leading node frozen for longer than its session writes nothing when it wakes',
    async (members) => {
      const leader = await members.leader()
      const { epoch } = leader
      leader.process.kill('SIGSTOP')
      const next = await members.leader(30_000, leader)
      await goesOn(members)
      const ackedBefore = members.acked.length
      leader.process.kill('SIGCONT')
      await until(
        () => !leader.isLeader,
        20_000,
        () => 'the frozen one to notice',
      )
      assert.ok(next.epoch > epoch)
      const late = leader.said.filter(({ acked }) => acked).map(({ acked }) => acked)
      assert.ok(members.acked.length >= ackedBefore && late.length > 0)
    },
  )
  await withMembers(
    world,
    `${connect}/snapshots`,
    'snapshots of 1.4 MB in pieces; a node that comes later begins with the newest',
    async (members) => {
      const leader = await members.leader()
      for (let i = 1; i <= 3; i++) {
        leader.tell('snapshot')
        await until(
          () => leader.said.filter(({ snapshot }) => snapshot).length === i,
          20_000,
          () => `snapshot ${i}: ${JSON.stringify(leader.said.slice(-3))}`,
        )
        await goesOn(members)
      }
      const late = await members.add(4)
      assert.ok(late.logStart > 0, 'the log below the snapshot before is gone')
      late.tell('snapshotSize')
      await until(
        () => late.said.some(({ snapshotSize }) => snapshotSize > 1_400_000),
        10_000,
        () => JSON.stringify(late.said.slice(-2)),
      )
      return `${leader.said.filter(({ snapshot }) => snapshot).length} snapshots`
    },
  )
}

async function judgeEnsemble(world) {
  const ensemble = await startEnsemble({ libs: world.libs, dir: join(world.workDir, 'three'), count: 3 })
  const { connect } = ensemble
  try {
    await withMembers(
      world,
      `${connect}/a`,
      "kill -9 of the ensemble's leader, twice: the session goes on, nothing is lost",
      async (members) => {
        for (let i = 0; i < 2; i++) {
          const server = await ensemble.leader()
          await server.kill()
          await goesOn(members)
          await server.restart()
          await goesOn(members)
        }
      },
    )
    await withMembers(
      world,
      `${connect}/b`,
      "the ensemble's leader frozen, and woken when another one leads",
      async (members) => {
        const server = await ensemble.leader()
        server.pause()
        await goesOn(members, 60_000)
        server.resume()
        await goesOn(members)
      },
    )
    await withMembers(world, `${connect}/c`, 'without a majority nobody leads; with one again somebody does', async (members) => {
      const [first, second] = ensemble.servers
      await first.kill()
      await second.kill()
      await until(
        () => members.running.every(({ isLeader }) => !isLeader),
        30_000,
        () => 'nobody leads',
      )
      const before = members.acked.length
      await new Promise((resume) => setTimeout(resume, 3000))
      assert.equal(members.acked.length, before)
      first.start()
      second.start()
      await first.untilReady()
      await members.leader(40_000)
    })
  } finally {
    await ensemble.stop()
  }
}

async function judgeAddresses({ report, compiled }) {
  await report.test('an address at which nobody is ends the start with an error that says so', async () => {
    const script = join(import.meta.dirname, 'member.mjs')
    const { code, stderr } = await run(process.execPath, [script, compiled, '127.0.0.1:1,127.0.0.1:2', '1', '2000', '3000'], {
      timeoutMs: 40_000,
    })
    assert.notEqual(code, 0)
    assert.match(
      stderr,
      /no session with ZooKeeper at 127\.0\.0\.1:1, 127\.0\.0\.1:2 within 3000 ms \(.*ECONNREFUSED.*\): check zookeeper\.connect/,
    )
  })
}
