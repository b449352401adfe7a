/** All lines, chapter by chapter; a chapter builds on what those before it have made. */
import { clusters } from './cluster.mjs'
import { configs } from './configs.mjs'
import { consoles } from './console.mjs'
import { dumps } from './dump-log.mjs'
import { groups } from './groups.mjs'
import { perf } from './perf.mjs'
import { reassignments } from './reassign.mjs'
import { records } from './records.mjs'
import { shares } from './share.mjs'
import { storage } from './storage.mjs'
import { topics } from './topics.mjs'
import { transactions } from './transactions.mjs'
import { troubles } from './troubles.mjs'

export const chapters = {
  topics,
  groups,
  configs,
  records,
  clusters,
  reassignments,
  storage,
  consoles,
  dumps,
  perf,
  transactions,
  shares,
  troubles,
}
