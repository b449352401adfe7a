import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from '../../test/support/fast-check.ts'
import { LeaderEpochs } from '../log/leader-epochs.ts'
import { truncationOffset } from './truncation.ts'

/** The epoch of each record. */
type Log = readonly number[]

function historyOf(log: Log) {
  const epochs = new LeaderEpochs()
  for (const [offset, epoch] of log.entries()) epochs.assign(epoch, offset)
  return {
    endOffset: log.length,
    lastEpoch: epochs.lastBefore(log.length),
    endOffsetForEpoch: (epoch: number) => epochs.endOffsetFor(epoch, log.length),
  }
}

const common = (a: Log, b: Log) => {
  let at = 0
  while (at < a.length && a[at] === b[at]) at++
  return at
}

/** Logs that came about as Kafka's do: an epoch has one leader, so where two logs have the same epoch they had the same records of it before. */
const histories = fc.array(fc.tuple(fc.nat({ max: 1 }), fc.nat({ max: 3 }), fc.boolean()), { maxLength: 12 }).map((terms) => {
  const logs: [number[], number[]] = [[], []]
  terms.forEach(([who, count, reaches], i) => {
    const leader = logs[who]!
    const other = logs[1 - who]!
    if (reaches) other.splice(0, other.length, ...leader) // the follower fetched all there was
    for (let n = 0; n < count; n++) leader.push(i + 1)
  })
  return logs
})

test('answer after answer, a follower comes to where its history and the leader part, and never cuts more than one epoch too much', () => {
  fc.assert(
    fc.property(histories, ([leaderLog, followerLog]) => {
      const leader = historyOf([...leaderLog])
      let log = [...followerLog]
      for (let round = 0; round < 30; round++) {
        const follower = historyOf(log)
        if (follower.lastEpoch < 0) break
        const end = leader.endOffsetForEpoch(follower.lastEpoch)
        if (end.epoch < 0) return // an older leader: its epoch would be refused
        if (end.epoch === follower.lastEpoch && end.endOffset >= log.length) break
        const cut = truncationOffset(follower, end)
        assert.ok(cut < log.length, 'each answer brings them nearer together')
        log = log.slice(0, cut)
      }
      assert.deepEqual(log, leaderLog.slice(0, log.length))
      assert.ok(log.length <= common(leaderLog, followerLog))
    }),
  )
})

test('where the leader has no record of our last epoch, we cut to the end of the one before', () => {
  const follower = historyOf([1, 1, 3, 3])
  assert.equal(truncationOffset(follower, { epoch: 1, endOffset: 5 }), 2)
  assert.equal(truncationOffset(follower, { epoch: 2, endOffset: 5 }), 2)
  assert.equal(truncationOffset(follower, { epoch: 3, endOffset: 3 }), 3)
})
