// The workloads, in the order in which they are played.

import type { Workload } from '../stage.ts'
import { compaction } from './compaction.ts'
import { deleting } from './deleting.ts'
import { groups } from './groups.ts'
import { produce } from './produce.ts'
import { restarts } from './restarts.ts'
import { topics } from './topics.ts'

export const workloads: readonly Workload[] = [produce, groups, topics, deleting, compaction, restarts]
