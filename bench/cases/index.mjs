/**
 * All cases, in the order of the table. A case says
 *   name, about, group      how to choose it (`--cases`, `--group`), and a sentence
 *   main, lowerIsBetter     the figure that it is about
 *   brokers                 which of them take part (see brokers.mjs); the first two are compared
 *   needs                   'java' or 'librdkafka'
 *   takes(seconds)          about how many seconds one run lasts, and `prepares(seconds)` what comes once before
 *   prepare, run, clean     on a running broker; what `prepare` gives comes back as `prepared`
 *   runAlone                instead of those: a case that starts brokers of its own
 */
import { clientCases } from './clients.mjs'
import { javaCases } from './java.mjs'
import { latencyCases } from './latency.mjs'
import { librdkafkaCases } from './librdkafka.mjs'
import { lifeCases } from './life.mjs'
import { rawCases } from './raw.mjs'

export const allCases = [...rawCases, ...latencyCases, ...librdkafkaCases, ...javaCases, ...clientCases, ...lifeCases].map(
  (each) => ({
    brokers: ['ours', 'apache'],
    prepares: () => 0,
    ...each,
  }),
)

export const groups = [...new Set(allCases.map(({ group }) => group))]
