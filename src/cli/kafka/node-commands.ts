// Kafka's command names that work on a node of this machine: they are part of the broker's program, the others of a smaller one.

import type { Terminal } from '../terminal.ts'

export type RunNodeCommand = (words: readonly string[], terminal: Terminal) => Promise<number>

export const nodeCommands: Readonly<Record<string, () => Promise<RunNodeCommand>>> = {
  'kafka-storage': async () => (await import('./commands/storage.ts')).storage,
}
