// OffsetDelete, and the offsets of topics that are gone.

import type { Decision } from '../../../machine/machine.ts'
import { decide } from '../../../machine/machine.ts'
import type { ErrorName } from '../../../protocol/errors.ts'
import type { GroupMachine } from '../group-machine.ts'
import { Outcome } from '../outcome.ts'
import type { GroupRecord } from '../stored.ts'
import { CONSUMER, isSubscribed } from '../subscription.ts'

export interface OffsetsToDelete {
  readonly groupId: string
  readonly topics: readonly { readonly name: string; readonly partitions: readonly number[] }[]
}

/** Either one error for all of it, or one per topic in the request's order; NONE is success, also where nothing was committed. */
export interface DeleteOffsetsAnswer {
  readonly error: ErrorName
  readonly topics: readonly ErrorName[]
}

/** Deletes the offsets of topics that the group does not read. */
export function deleteOffsets(machine: GroupMachine, request: OffsetsToDelete): Decision<GroupRecord, DeleteOffsetsAnswer> {
  const { groupId, topics } = request
  if (groupId === '') return decide({ error: 'INVALID_GROUP_ID', topics: [] })
  const group = machine.groups.get(groupId)
  if (!group) return decide({ error: 'GROUP_ID_NOT_FOUND', topics: [] })
  if (group.state !== 'Empty' && group.protocolType !== CONSUMER) return decide({ error: 'NON_EMPTY_GROUP', topics: [] })

  const out = new Outcome()
  const answers = topics.map(({ name, partitions }) => {
    if (isSubscribed(group, name)) return 'GROUP_SUBSCRIBED_TO_TOPIC' as const
    const committed = group.offsets.partitionsOf(name)
    for (const partition of new Set(partitions)) {
      if (committed.has(partition)) out.write({ kind: 'offsetDelete', groupId, topic: name, partition })
    }
    return 'NONE' as const
  })
  return out.now({ error: 'NONE', topics: answers })
}

/** These groups, where they still exist, forget what they committed for these topics. In as many batches as it takes. */
export function forgetTopics(
  machine: GroupMachine,
  topics: ReadonlySet<string>,
  groupIds: Iterable<string>,
): Decision<GroupRecord, void> {
  const out = new Outcome()
  for (const groupId of groupIds) {
    const group = machine.groups.get(groupId)
    if (!group) continue
    for (const topic of topics) {
      for (const partition of group.offsets.partitionsOf(topic)) {
        out.write({ kind: 'offsetDelete', groupId: group.id, topic, partition })
      }
    }
  }
  return { ...out.now(undefined), atomic: false }
}
