// What a command gathers while it decides: records, and effects in their order.

import { type Decision, decide, decideLater, type Effect } from '../../machine/machine.ts'
import type { GroupRecord } from './stored.ts'

export class Outcome {
  readonly records: GroupRecord[] = []
  readonly effects: Effect[] = []

  write(record: GroupRecord): void {
    this.records.push(record)
  }

  answer(key: string, value: unknown): void {
    this.effects.push({ kind: 'answer', key, value })
  }

  arm(key: string, afterMs: number): void {
    this.effects.push({ kind: 'timer', key, afterMs })
  }

  disarm(key: string): void {
    this.effects.push({ kind: 'cancelTimer', key })
  }

  now<T>(value: T): Decision<GroupRecord, T> {
    return decide(value, this.records, this.effects)
  }

  later<T>(key: string): Decision<GroupRecord, T> {
    return decideLater(key, this.records, this.effects)
  }
}
