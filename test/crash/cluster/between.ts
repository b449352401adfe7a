// What lies between the nodes of a cluster and their clients, and can be cut.

import type { NodesSettings } from './nodes.ts'

export const IDS = [1, 2, 3] as const

/** A node, or this machine, where the clients are. */
export type End = number | 'clients'

export interface Between {
  /** In a word, for who reads what ran. */
  readonly what: string
  /** What the nodes have to be told. */
  readonly settings: Omit<NodesSettings, 'dir'>
  /** From now on nothing that `from` sends comes to `to`. */
  cut(from: End, to: End): void
  /** Everything arrives again. */
  heal(): void
  takeAway(): void
}
