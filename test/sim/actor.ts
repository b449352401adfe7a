// Whoever works in a simulated world and must be served: clients of the tests, and programs with the real client.

export interface Actor {
  /** Its machine bears the same one. */
  readonly name: string
  /** When the last request that succeeded was begun; -1 before. */
  readonly lastSuccess: number
  /** It has ended after `stop`. */
  readonly isOver: boolean
  stop(): void
}
