// The table of all metrics, in the order in which they are told and documented.

import type { Chapter } from '../metric.ts'
import { clusterChapters } from './cluster.ts'
import { groupChapters } from './groups.ts'
import { partitionChapters } from './partitions.ts'
import { leftOutChapter, processChapters } from './process.ts'
import { requestChapters } from './requests.ts'

export const chapters: readonly Chapter[] = [
  ...processChapters,
  ...clusterChapters,
  ...requestChapters,
  ...partitionChapters,
  ...groupChapters,
  leftOutChapter,
]
