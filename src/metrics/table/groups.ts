// Consumer groups that this broker coordinates, and how far they are behind.

import type { Group, GroupState } from '../../coordinator/group/state.ts'
import { about, chapter, gauge, untyped } from '../metric.ts'
import type { Rooms } from '../scene.ts'
import { broker, groupPartitions, groups, groupTopics } from '../subjects.ts'

const fromGroups = 'coordinator/group: the machines of the partitions of __consumer_offsets that are led here'
const fromLag = `${fromGroups}; the end of the partition from its replica on this broker`

/** What kafka_exporter tells where the lag is not known. */
const UNKNOWN = -1

function* allGroups({ groups: coordinator }: Rooms): Generator<Group> {
  for (const machine of coordinator?.machines.values() ?? []) yield* machine.groups.values()
}

function count(rooms: Rooms, holds: (group: Group) => boolean): number {
  let found = 0
  for (const group of allGroups(rooms)) if (holds(group)) found++
  return found
}

const inState = (state: GroupState) => (rooms: Rooms) => count(rooms, (group) => group.state === state)

/** How many records lie behind a committed offset; -1 where no replica here says where the partition ends. */
function lagOf(topic: string, partition: number, offset: number, { replicas }: Rooms): number {
  const replica = replicas?.get(topic, partition)
  return replica ? Math.max(0, replica.highWatermark - offset) : UNKNOWN
}

export const groupChapters = [
  chapter(
    'Groups',
    about(broker, {
      kafka_coordinator_group_groupmetadatamanager_numgroups: gauge(
        { known: 'kafka.coordinator.group:GroupMetadataManager,NumGroups', help: 'Groups.', from: fromGroups },
        (rooms) => count(rooms, () => true),
      ),
      kafka_coordinator_group_groupmetadatamanager_numgroupsempty: gauge(
        {
          known: 'kafka.coordinator.group:GroupMetadataManager,NumGroupsEmpty',
          help: 'Groups without members.',
          from: fromGroups,
        },
        inState('Empty'),
      ),
      kafka_coordinator_group_groupmetadatamanager_numgroupsstable: gauge(
        {
          known: 'kafka.coordinator.group:GroupMetadataManager,NumGroupsStable',
          help: 'Groups whose members all have their partitions.',
          from: fromGroups,
        },
        inState('Stable'),
      ),
      kafka_coordinator_group_groupmetadatamanager_numgroupspreparingrebalance: gauge(
        {
          known: 'kafka.coordinator.group:GroupMetadataManager,NumGroupsPreparingRebalance',
          help: 'Groups that wait for their members to join.',
          from: fromGroups,
        },
        inState('PreparingRebalance'),
      ),
      kafka_coordinator_group_groupmetadatamanager_numgroupscompletingrebalance: gauge(
        {
          known: 'kafka.coordinator.group:GroupMetadataManager,NumGroupsCompletingRebalance',
          help: 'Groups that wait for the assignment of their leader.',
          from: fromGroups,
        },
        inState('CompletingRebalance'),
      ),
      kafka_coordinator_group_groupmetadatamanager_numoffsets: gauge(
        {
          known: 'kafka.coordinator.group:GroupMetadataManager,NumOffsets',
          help: 'Committed offsets of all groups.',
          from: fromGroups,
        },
        (rooms) => {
          let offsets = 0
          for (const group of allGroups(rooms)) offsets += group.offsets.size
          return offsets
        },
      ),
    }),
  ),
  chapter(
    'Groups, as kafka_exporter tells of them',
    about(groups, {
      kafka_consumergroup_members: gauge(
        { known: 'kafka_exporter', help: 'Members of the group.', from: fromGroups },
        ({ members }) => members.size,
      ),
    }),
    about(groupPartitions, {
      kafka_consumergroup_current_offset: gauge(
        { known: 'kafka_exporter', unit: 'offset', help: 'Committed offset of the group.', from: fromGroups },
        ({ offset }) => offset,
      ),
      kafka_consumergroup_lag: gauge(
        {
          known: 'kafka_exporter',
          unit: 'records',
          help: 'From the committed offset to the end of the partition; -1 where this broker does not know the end.',
          from: fromLag,
        },
        ({ topic, partition, offset }, { rooms }) => lagOf(topic, partition, offset, rooms!),
      ),
    }),
    about(groupTopics, {
      kafka_consumergroup_current_offset_sum: untyped(
        {
          known: 'kafka_exporter',
          unit: 'offset',
          help: 'Committed offsets of the group, all partitions together.',
          from: fromGroups,
        },
        ({ offsets }) => {
          let sum = 0
          for (const { offset } of offsets.values()) sum += Number(offset)
          return sum
        },
      ),
      kafka_consumergroup_lag_sum: untyped(
        {
          known: 'kafka_exporter',
          unit: 'records',
          help: 'Lag of the group, all partitions together whose end is known.',
          from: fromLag,
        },
        ({ topic, offsets }, { rooms }) => {
          let sum = 0
          for (const [partition, { offset }] of offsets) sum += Math.max(0, lagOf(topic, partition, Number(offset), rooms!))
          return sum
        },
      ),
    }),
  ),
]
