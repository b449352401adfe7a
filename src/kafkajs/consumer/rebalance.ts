// Errors that say no more than that partitions go from member to member.

const REBALANCES: ReadonlySet<unknown> = new Set([
  'REBALANCE_IN_PROGRESS',
  'ILLEGAL_GENERATION',
  'UNKNOWN_MEMBER_ID',
  'NOT_COORDINATOR_FOR_GROUP',
])

/** Whether it says no more than that partitions go from member to member. */
export function isRebalance(thrown: unknown): boolean {
  return REBALANCES.has((thrown as { type?: unknown } | null)?.type)
}
