// What an admin client is told, besides what every client is.

import { int, type Table, type Values } from '../keys.ts'
import { commonOptions, idleOption } from './common.ts'

export const adminOptions = {
  ...commonOptions,
  connectionsMaxIdleMs: idleOption(300_000),
  defaultApiTimeoutMs: int(
    { initial: 60_000, min: 0 },
    'Milliseconds that a call may take, with all repetitions, where it names no time.',
  ),
} satisfies Table

export type AdminOptions = Values<typeof adminOptions>
