/**
 * All cases, in the order of the table. A case says
 *   name, about, group      how to choose it (`--cases`, `--group`), and a sentence
 *   main, lowerIsBetter     the figure that it is about
 *   comparesClients, mode   in place of them: every run has figures of several clients, see client-table.mjs
 *   brokers                 which of them take part (see brokers.mjs); the first two are compared
 *   nodes, replicas         of a cluster: how many processes, and how many replicas its topics have
 *   needs                   'java' or 'librdkafka'
 *   takes(seconds)          about how many seconds one run lasts, and `prepares(seconds)` what comes once before
 *   prepare, run, clean     on a running broker; what `prepare` gives comes back as `prepared`
 *   runAlone                instead of those: a case that starts brokers of its own
 */
import { clientCases } from './clients.mjs'
import { clusterCases } from './cluster.mjs'
import { clusterLifeCases } from './cluster-life.mjs'
import { commandCases } from './commands.mjs'
import { javaCases } from './java.mjs'
import { latencyCases } from './latency.mjs'
import { librdkafkaCases } from './librdkafka.mjs'
import { lifeCases } from './life.mjs'
import { processesCases } from './processes.mjs'
import { rawCases } from './raw.mjs'

const all = [
  ...rawCases,
  ...latencyCases,
  ...librdkafkaCases,
  ...javaCases,
  ...clientCases,
  ...commandCases,
  ...processesCases,
  ...clusterCases,
  ...lifeCases,
  ...clusterLifeCases,
]

export const allCases = all.map((each) => ({
  brokers: ['ours', 'apache'],
  nodes: 1,
  replicas: 1,
  prepares: () => 0,
  ...each,
}))

export const groups = [...new Set(allCases.map(({ group }) => group))]
