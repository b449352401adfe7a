// What the ways to read share: the feed, what is out, and what wakes whoever waits.

import type { Cluster } from '../cluster/cluster.ts'
import type { AssignedPartition } from './assigned-partition.ts'
import type { Assignment } from './assignment.ts'
import type { Deliveries } from './deliveries.ts'
import type { Feed } from './feed.ts'
import { Reading } from './reading.ts'

export type { Trouble } from './reading.ts'

export interface EngineOptions<K, V> {
  readonly cluster: Cluster
  readonly assignment: Assignment
  readonly deliveries: Deliveries
  readonly feed: Feed<K, V>
  readonly maxRecords: number
  /** Called by whoever begins to read: the membership begins with it. */
  readonly onRead: () => void
}

export class Engine<K, V> extends Reading {
  readonly assignment: Assignment
  readonly deliveries: Deliveries
  readonly feed: Feed<K, V>
  readonly maxRecords: number

  constructor({ cluster, assignment, deliveries, feed, maxRecords, onRead }: EngineOptions<K, V>) {
    super(cluster, onRead)
    this.assignment = assignment
    this.deliveries = deliveries
    this.feed = feed
    this.maxRecords = maxRecords
  }

  /** The program is done with this partition up to here. */
  done({ partition, era, offset, epoch }: Given): void {
    partition.done(offset, epoch, era)
  }
}

/** Something that the program was given of a partition: all before `offset`. */
export interface Given {
  readonly partition: AssignedPartition
  readonly era: number
  readonly offset: number
  readonly epoch: number
}

export function givenOf(partition: AssignedPartition): Given {
  return { partition, era: partition.era, offset: partition.offset, epoch: partition.epoch }
}
