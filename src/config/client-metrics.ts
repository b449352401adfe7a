// Configurations of a subscription to clients' metrics (KIP-714).

import { int, list, type Table, type Values } from './keys.ts'

export const clientMetricsConfigs = {
  'interval.ms': int({ initial: 300_000 }, 'How often the client pushes the metrics.'),
  match: list({ initial: [] }, 'Which clients are meant, as attribute=pattern; empty means all.'),
  metrics: list({ initial: [] }, 'Prefixes of the metrics wanted; empty wants none, `*` all.'),
} satisfies Table

/** The values of one subscription. */
export type ClientMetricsConfig = Values<typeof clientMetricsConfigs>
