// The controller: the machine that decides on topics, brokers and configurations, over the metadata log. Its hard state is an image like any
// broker's; what it knows besides (who was heard of last) is soft. Commands are functions in the files beside this one.

import type { Decision, Effect, RecordMeta, StateMachine } from '../../machine/machine.ts'
import type { Random } from '../../platform/random.ts'
import { MetadataImage } from '../image.ts'
import type { MetadataRecord } from '../records.ts'
import type { ConfigRules } from './config-rules.ts'
import { fenceExpired } from './heartbeats.ts'
import { Sessions } from './sessions.ts'

/** What the controller is told from outside. */
export interface ControllerSettings {
  readonly nodeId: number
  readonly random: Random
  readonly rules: ConfigRules
  /** For CreateTopics with -1; configurations may change them. */
  readonly defaults: () => { readonly numPartitions: number; readonly replicationFactor: number }
  /** The offset that the next record will get: a broker's epoch. */
  readonly nextOffset: () => number
  /** broker.session.timeout.ms; null where the only broker is in this process and dies with it. */
  readonly sessionTimeoutMs: number | null
}

const SESSIONS = 'sessions'

export class Controller implements StateMachine<MetadataRecord> {
  readonly image = new MetadataImage()
  readonly settings: ControllerSettings
  readonly sessions = new Sessions()

  constructor(settings: ControllerSettings) {
    this.settings = settings
  }

  apply(record: MetadataRecord, _meta: RecordMeta): void {
    this.image.apply(record)
  }

  /** A new controller has heard of nobody: every broker gets a whole session to show itself. */
  onLoaded(now: number): readonly Effect[] {
    for (const { id, fenced } of this.image.brokers.values()) if (!fenced) this.sessions.heard(id, now)
    return this.#nextCheck()
  }

  onTimer(_key: string, now: number): Decision<MetadataRecord, void> {
    const { records, reply } = fenceExpired(this, now)
    const isDone = reply.kind === 'later' || reply.value.isDone
    return { records, reply: { kind: 'now', value: undefined }, effects: this.#nextCheck(isDone) }
  }

  onUnloaded(): void {
    this.sessions.clear()
  }

  /** Sessions are looked at eight times within one timeout, so a broker is fenced at most an eighth late; at once where more is to be done. */
  #nextCheck(isDone = true): readonly Effect[] {
    const { sessionTimeoutMs } = this.settings
    return sessionTimeoutMs === null ? [] : [{ kind: 'timer', key: SESSIONS, afterMs: isDone ? sessionTimeoutMs / 8 : 0 }]
  }
}
