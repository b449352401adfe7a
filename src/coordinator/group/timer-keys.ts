// The names of a machine's timers. Group ids may hold any character, so their length stands before them.

export type TimerKind = 'session' | 'rebalance' | 'sync' | 'settle'

export interface GroupTimer {
  readonly kind: TimerKind
  readonly groupId: string
  /** Empty where the timer is the group's. */
  readonly memberId: string
}

/** Looks for what retention lets go. */
export const EXPIRE = 'expire'

export function timerKey(kind: TimerKind, groupId: string, memberId = ''): string {
  return `${kind}:${groupId.length}:${groupId}${memberId}`
}

export function parseTimerKey(key: string): GroupTimer {
  const afterKind = key.indexOf(':')
  const afterLength = key.indexOf(':', afterKind + 1)
  const groupEnd = afterLength + 1 + Number(key.slice(afterKind + 1, afterLength))
  return {
    kind: key.slice(0, afterKind) as TimerKind,
    groupId: key.slice(afterLength + 1, groupEnd),
    memberId: key.slice(groupEnd),
  }
}
