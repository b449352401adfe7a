/** Real ZooKeeper servers for the judges: one, or an ensemble of three on loopback. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { freePort, tail } from './brokers.mjs'
import { start } from './processes.mjs'

/** Short, so that sessions of a few seconds are granted: the least is two ticks. */
const TICK_MS = 1000
const READY_MS = 60_000

/**
 * Starts `count` servers in folders below `dir` and waits until each serves. The handle: `connect` (for zookeeper.connect), `servers`
 * (`kill()`, `pause()`, `resume()`, `restart()`, `role()`), `leader()`, `stop()`.
 */
export async function startEnsemble({ libs, dir, count = 1, settings = {} }) {
  const members = []
  for (let id = 1; id <= count; id++)
    members.push({ id, port: await freePort(), quorumPort: await freePort(), electionPort: await freePort() })
  const servers = members.map((member) => serverOf(member, members, { libs, dir: join(dir, `zk-${member.id}`), settings }))
  for (const server of servers) server.start()
  for (const server of servers) await server.untilReady()
  return {
    servers,
    connect: servers.map(({ address }) => address).join(','),
    async leader() {
      for (const server of servers) if (['leader', 'standalone'].includes(await server.role())) return server
      throw new Error('no server of the ensemble leads')
    },
    async stop() {
      for (const server of servers) await server.kill()
    },
  }
}

function serverOf({ id, port }, members, { libs, dir, settings }) {
  mkdirSync(join(dir, 'data'), { recursive: true })
  const quorum = members.map((each) => `server.${each.id}=127.0.0.1:${each.quorumPort}:${each.electionPort}`)
  const lines = {
    tickTime: TICK_MS,
    initLimit: 10,
    syncLimit: 5,
    dataDir: join(dir, 'data'),
    clientPort: port,
    clientPortAddress: '127.0.0.1',
    'admin.enableServer': false,
    '4lw.commands.whitelist': 'srvr,ruok',
    ...settings,
  }
  const config = Object.entries(lines).map(([key, value]) => `${key}=${value}`)
  writeFileSync(join(dir, 'zoo.cfg'), [...config, ...(members.length > 1 ? quorum : [])].join('\n'))
  writeFileSync(join(dir, 'data/myid'), `${id}`)
  // Without its own logger's jars it says nothing, which is quicker.
  const jars = readdirSync(libs).filter((name) => !name.startsWith('logback'))
  const classPath = jars.map((name) => join(libs, name)).join(':')
  let child = null
  const server = {
    id,
    address: `127.0.0.1:${port}`,
    start() {
      child = start('java', [
        '-Xmx160m',
        '-cp',
        classPath,
        'org.apache.zookeeper.server.quorum.QuorumPeerMain',
        join(dir, 'zoo.cfg'),
      ])
    },
    async kill() {
      child.destroy()
      await child.ended
    },
    pause: () => child.kill('SIGSTOP'),
    resume: () => child.kill('SIGCONT'),
    async restart() {
      server.start()
      await server.untilReady()
    },
    /** leader, follower, standalone; null where it does not serve. */
    async role() {
      return /^Mode: (\w+)/m.exec(await ask(port, 'srvr'))?.[1] ?? null
    },
    async untilReady() {
      const deadline = performance.now() + READY_MS
      while ((await server.role()) === null) {
        if (child.exited || performance.now() > deadline)
          throw new Error(`ZooKeeper ${id} does not serve:\n${tail(child.output, 20)}`)
        await new Promise((resume) => setTimeout(resume, 100))
      }
    },
  }
  return server
}

/** What a server says to a four-letter word; nothing where it does not answer. */
function ask(port, word) {
  return new Promise((resolve) => {
    let text = ''
    const socket = connect(port, '127.0.0.1', () => socket.end(word))
    socket.setTimeout(2000, () => socket.destroy())
    socket.on('data', (piece) => (text += piece))
    socket.on('error', () => {}) // it does not run; `close` follows
    socket.on('close', () => resolve(text))
  })
}
