/** Committed offsets of groups without members, at whichever broker coordinates each. */
import { eventually } from '../lib/report.mjs'
import { Connection, Writer } from '../lib/wire.mjs'

const [OFFSET_COMMIT, OFFSET_FETCH, FIND_COORDINATOR] = [8, 9, 10]
const SETTLED_MS = 60_000

/** OffsetCommit v2 of partition 0. Gives the coordinator's id. */
export function commitOffset(bootstrap, group, topic, offset) {
  return atCoordinator(bootstrap, group, async (connection) => {
    const one = (w) => w.string(topic).array([0], (v, index) => v.int32(index).int64(offset).string(''))
    const body = new Writer().string(group).int32(-1).string('').int64(-1).array([topic], one).done()
    const reader = await connection.ask(OFFSET_COMMIT, 2, body, 30_000)
    const [answer] = reader.array((r) => ({ topic: r.string(), errors: r.array((p) => [p.int32(), p.int16()]) }))
    return { error: answer.errors[0][1] }
  }).then(({ id }) => id)
}

/** OffsetFetch v1 of partition 0: -1 where nothing was committed. */
export function committedOffset(bootstrap, group, topic) {
  return atCoordinator(bootstrap, group, async (connection) => {
    const one = (w) => w.string(topic).array([0], (v, index) => v.int32(index))
    const body = new Writer().string(group).array([topic], one).done()
    const reader = await connection.ask(OFFSET_FETCH, 1, body, 30_000)
    const read = (r) => ({ index: r.int32(), offset: r.int64(), metadata: r.string(), error: r.int16() })
    return reader.array((r) => ({ topic: r.string(), partitions: r.array(read) }))[0].partitions[0]
  }).then(({ answer }) => answer.offset)
}

/** Looks for the coordinator, by FindCoordinator v0, until it has answered. */
function atCoordinator(bootstrap, group, ask) {
  return eventually(async () => {
    const asked = await Connection.open(bootstrap)
    const reader = await asked.ask(FIND_COORDINATOR, 0, new Writer().string(group).done())
    asked.close()
    const [error, id, host, port] = [reader.int16(), reader.int32(), reader.string(), reader.int32()]
    if (error !== 0) throw new Error(`FindCoordinator of ${group}: error ${error}`)
    const connection = await Connection.open(`${host}:${port}`)
    try {
      const answer = await ask(connection)
      if (answer.error !== 0) throw new Error(`the coordinator of ${group}, node ${id}: error ${answer.error}`)
      return { id, answer }
    } finally {
      connection.close()
    }
  }, SETTLED_MS)
}
