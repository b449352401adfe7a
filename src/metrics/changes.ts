// What happened to partitions, counted as the metadata tells of it: elections, replicas that left or joined the in-sync ones.

import type { MetadataDelta, PartitionChange } from '../metadata/delta.ts'
import { NO_LEADER } from '../metadata/partition.ts'

export class Changes {
  isrShrinks = 0
  isrExpands = 0
  uncleanElections = 0
  /** Out of replicas that had left the ISR and were known to have everything (KIP-966). */
  eligibleElections = 0

  /** A subscriber of the publisher. What was there when the node came up is no change. */
  follow({ isFirst, partitionsChanged }: MetadataDelta, nodeId: number): void {
    if (isFirst) return
    for (const change of partitionsChanged) {
      this.#election(change)
      this.#inSync(change, nodeId)
    }
  }

  #election({ before, after }: PartitionChange): void {
    if (!before || after.leader === NO_LEADER || after.leader === before.leader || before.isr.includes(after.leader)) return
    if (before.elr.includes(after.leader)) this.eligibleElections++
    else this.uncleanElections++
  }

  /** Of partitions that this broker led before or leads now; what came and went in one change of the metadata is not seen. */
  #inSync({ before, after }: PartitionChange, nodeId: number): void {
    if (!before || (before.leader !== nodeId && after.leader !== nodeId)) return
    if (before.isr.some((id) => !after.isr.includes(id))) this.isrShrinks++
    if (after.isr.some((id) => !before.isr.includes(id))) this.isrExpands++
  }
}
