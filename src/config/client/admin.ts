// What an admin client is told, besides what every client is.

import { int, list, type Table, type Values } from '../keys.ts'
import { commonOptions, idleOption } from './common.ts'

export const adminOptions = {
  ...commonOptions,
  bootstrapServers: list(
    { initial: null, importance: 'high', empty: false },
    'Some brokers of the cluster as host:port; they tell all the others. This, or bootstrapControllers.',
  ),
  bootstrapControllers: list(
    { initial: null, importance: 'high', empty: false },
    'Some controllers of the cluster as host:port, to be asked in place of brokers (KIP-919): for what a cluster is told while no broker answers.',
  ),
  connectionsMaxIdleMs: idleOption(300_000),
  defaultApiTimeoutMs: int(
    { initial: 60_000, min: 0 },
    'Milliseconds that a call may take, with all repetitions, where it names no time.',
  ),
} satisfies Table

export type AdminOptions = Values<typeof adminOptions>
