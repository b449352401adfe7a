/**
 * One node with a log in ZooKeeper, in a process that can be killed: `member.mjs MODULES CONNECT ID SESSION_MS [PATIENCE_MS]`. It prints one JSON value a line: `role`,
 * `committed` (offset and text of each record, in order), `acked`, `retired`. On its input: `load`, `rest`, `snapshot`, `quit`.
 */
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'

const [modules, connect, id, sessionMs, patienceMs = '20000'] = process.argv.slice(2)
setInterval(() => {}, 60_000) // our timers and a connection that is not there yet keep no process alive
const load = (path) => import(pathToFileURL(`${modules}/src/${path}`).href)
const { ZooKeeper } = await load('zookeeper/zookeeper.js')
const { ZooKeeperLog } = await load('zookeeper/zookeeper-log.js')
const { parseConnectString } = await load('zookeeper/connect-string.js')
const { nodePlatform } = await load('platform/node/platform.js')
const { buildBatch } = await load('protocol/records/builder.js')

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`)
const logger = Object.fromEntries(
  ['debug', 'info', 'warn', 'error'].map((level) => [
    level,
    (message, facts) => level !== 'debug' && say({ log: message, facts: String(facts?.why ?? facts?.error ?? '') }),
  ]),
)
const platform = { ...nodePlatform({ logger }), logger }
const { servers, chroot } = parseConnectString(connect)
const zookeeper = await ZooKeeper.open({
  ...platform,
  servers,
  chroot,
  sessionTimeoutMs: Number(sessionMs),
  connectionTimeoutMs: Number(patienceMs),
})
const log = new ZooKeeperLog({ zookeeper, chroot, nodeId: Number(id), ...platform })

const waiting = []
log.onCommittedBatches((batches) => {
  const texts = batches.flatMap((batch) => [...batch.records()].map(({ offset, value }) => `${offset} ${Buffer.from(value)}`))
  say({ committed: texts })
})
log.onCommit((offset) => {
  while (waiting[0]?.offset < offset) waiting.shift().resolve(true)
})
log.onRole((role) => {
  say({ role })
  if (!role.isLeader) for (const { resolve } of waiting.splice(0)) resolve(false)
})
log.onRetired((why) => say({ retired: why.message }))

let loads = false
let said = 0
/** One record after the other, each when the one before is committed, as long as this node leads. */
async function work() {
  while (loads) {
    if (!log.isLeader) {
      await new Promise((resume) => setTimeout(resume, 5))
      continue
    }
    const text = `${id}-${process.pid}-${said++}`
    try {
      const { lastOffset } = log.append(batchOf(text))
      const isCommitted = await new Promise((resolve) => waiting.push({ offset: lastOffset, resolve }))
      if (isCommitted) say({ acked: `${lastOffset} ${text}`, at: Date.now() })
    } catch (error) {
      say({ refused: error.message })
    }
  }
}

const batchOf = (text) => buildBatch({ records: [{ key: null, value: Buffer.from(text), timestamp: Date.now() }] })

const orders = {
  load: () => {
    loads = true
    void work()
  },
  rest: () => {
    loads = false
  },
  snapshot: async () => {
    const endOffset = log.committedOffset
    await log.writeSnapshot(endOffset, Date.now(), [batchOf('x'.repeat(700_000)), batchOf('y'.repeat(700_000))])
    say({ snapshot: endOffset })
  },
  snapshotSize: async () => {
    let size = 0
    for await (const batch of log.readSnapshot(log.newestSnapshot())) size += batch.sizeInBytes
    say({ snapshotSize: size, endOffset: log.newestSnapshot().endOffset })
  },
  quit: async () => {
    await zookeeper.close()
    process.exit(0)
  },
}
createInterface({ input: process.stdin }).on('line', (line) => {
  Promise.resolve(orders[line]()).catch((error) => say({ failed: error.message }))
})
await log.start()
say({ started: log.committedOffset, first: log.startOffset })
