// Retention of offsets: they go some days after their group has become empty, or after they were committed where no group is behind them.

import type { Decision } from '../../../machine/machine.ts'
import type { GroupMachine } from '../group-machine.ts'
import type { CommittedOffset } from '../offsets.ts'
import { Outcome } from '../outcome.ts'
import type { Group } from '../state.ts'
import type { GroupRecord } from '../stored.ts'
import { CONSUMER, isSubscribed } from '../subscription.ts'
import { EXPIRE } from '../timer-keys.ts'
import { buryGroup } from './delete-group.ts'
import { settle } from './settle.ts'

/** So many groups and offsets are looked at before others get their turn of the event loop. */
const SLICE = 10_000

/** Looks through all groups, slice by slice, and comes again after the check interval. */
export function expire(machine: GroupMachine, now: number): Decision<GroupRecord, void> {
  const out = new Outcome()
  machine.sweep ??= machine.groups.values()
  let looked = 0
  for (;;) {
    const { value: group, done } = machine.sweep.next()
    if (done) break
    looked += 1 + group.offsets.size
    settle({ group, out, now, settings: machine.settings })
    expireOffsets(machine, group, now, out)
    if (looked >= SLICE) {
      out.arm(EXPIRE, 0)
      return { ...out.now(undefined), atomic: false }
    }
  }
  machine.sweep = null
  out.arm(EXPIRE, machine.settings.retentionCheckMs)
  return { ...out.now(undefined), atomic: false }
}

function expireOffsets(machine: GroupMachine, group: Group, now: number, out: Outcome): void {
  const countsFrom = retentionStart(group)
  if (!countsFrom) return
  let isBare = !group.offsets.hasPending
  for (const [topic, partitions] of group.offsets.topics()) {
    const isRead = isSubscribed(group, topic)
    for (const [partition, offset] of partitions) {
      const isDue = !isRead && isExpired(offset, countsFrom(offset), now, machine.settings.offsetsRetentionMs)
      if (isDue && !group.offsets.isUnstable(topic, partition))
        out.write({ kind: 'offsetDelete', groupId: group.id, topic, partition })
      else isBare = false
    }
  }
  if (isBare && group.state === 'Empty' && group.isIdle) buryGroup(group, out)
}

/** Null where nothing of the group expires: it has members, and of what they read all is kept. */
function retentionStart(group: Group): ((offset: CommittedOffset) => number) | null {
  const sinceCommit = (offset: CommittedOffset) => offset.commitTimestamp
  if (group.protocolType === null) return group.state === 'Empty' ? sinceCommit : null
  if (group.state === 'Empty') return group.stateSince < 0 ? sinceCommit : () => group.stateSince
  const isKnown = group.protocolType === CONSUMER && group.subscribedTopics !== null && group.state === 'Stable'
  return isKnown ? sinceCommit : null
}

function isExpired(offset: CommittedOffset, since: number, now: number, retentionMs: number): boolean {
  return offset.expireTimestamp >= 0 ? now >= offset.expireTimestamp : now - since >= retentionMs
}
