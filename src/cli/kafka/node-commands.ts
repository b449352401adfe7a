// Kafka's command names that work on a node of this machine: they are part of the broker's program, the others of a smaller one.

import type { StartNode } from '../start.ts'
import type { Terminal } from '../terminal.ts'

/** `startNode` runs a broker in this process. */
export type RunNodeCommand = (words: readonly string[], terminal: Terminal, startNode: StartNode) => Promise<number>

export const nodeCommands: Readonly<Record<string, () => Promise<RunNodeCommand>>> = {
  'kafka-dump-log': async () => (await import('./commands/dump-log.ts')).dumpLog,
  'kafka-server-start': async () => (await import('./commands/server-start.ts')).serverStart,
  'kafka-server-stop': async () => (await import('./commands/server-stop.ts')).serverStop,
  'kafka-storage': async () => (await import('./commands/storage.ts')).storage,
}
