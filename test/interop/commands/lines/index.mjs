/** All lines, chapter by chapter; a chapter builds on what those before it have made. */
import { clusters } from './cluster.mjs'
import { configs } from './configs.mjs'
import { groups } from './groups.mjs'
import { records } from './records.mjs'
import { storage } from './storage.mjs'
import { topics } from './topics.mjs'

export const chapters = { topics, groups, configs, records, clusters, storage }
