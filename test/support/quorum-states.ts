// Members of a quorum as states without a driver: a test takes the steps, and looks at what they want done.

import type { Address } from '../../src/raft/peers.ts'
import type { Answer, Ask, QuorumEffect, ShortAsk } from '../../src/raft/quorum/events.ts'
import { DEFAULT_TIMEOUTS } from '../../src/raft/quorum/state.ts'
import { initialState, type QuorumEvent, type QuorumState, step, type Vote } from '../../src/raft/quorum.ts'
import { KRAFT_VERSIONS, type ReplicaKey, type Voter } from '../../src/raft/voters.ts'
import { PretendLog } from './pretend-log.ts'

/** The three nodes of the recorded cluster, and the broker that came later. */
export const DIRECTORIES = new Map([
  [1, 'q1q1q1q1q1q1q1q1q1q1EQ'],
  [2, 'r2r2r2r2r2r2r2r2r2r2Ig'],
  [3, 's3s3s3s3s3s3s3s3s3s3Mw'],
  [4, 'KNKCzyu_u2kBNWTzIwidXA'],
  [5, 'v5v5v5v5v5v5v5v5v5v5VQ'],
])

export const keyOf = (id: number): ReplicaKey => ({ id, directoryId: DIRECTORIES.get(id)! })
export const addressOf = (id: number): Address => ({ host: '127.0.0.1', port: 31_040 + id })

export const endpointsOf = (id: number): Voter['endpoints'] => [{ name: 'CONTROLLER', ...addressOf(id) }]

export function votersOf(...ids: readonly number[]): Voter[] {
  return ids.map((id) => ({ ...keyOf(id), endpoints: endpointsOf(id), kraftVersions: KRAFT_VERSIONS }))
}

export interface MemberOptions {
  readonly voters?: readonly Voter[]
  /** Of the records in its log. */
  readonly epochs?: readonly number[]
  readonly vote?: Partial<Vote>
  readonly servers?: readonly Address[]
  readonly autoJoin?: boolean
  /** null for one that nobody reaches. */
  readonly address?: Address | null
  /** Where it is reached now. */
  readonly endpoints?: Voter['endpoints']
}

export class QuorumMember {
  readonly log: PretendLog
  readonly state: QuorumState
  now = 1000
  /** What chance says. */
  chance = 0.5
  /** Everything that it wanted done, in order. */
  done: QuorumEffect[] = []

  constructor(
    id: number,
    {
      voters = votersOf(1, 2, 3),
      epochs = [],
      vote = {},
      servers,
      autoJoin = false,
      address = addressOf(id),
      endpoints = endpointsOf(id),
    }: MemberOptions = {},
  ) {
    this.log = new PretendLog(voters, epochs)
    const settings = {
      self: keyOf(id),
      address,
      listener: 'CONTROLLER',
      servers: servers ?? [],
      endpoints,
      autoJoin,
      timeouts: DEFAULT_TIMEOUTS,
    }
    this.state = initialState(settings, { epoch: 0, leaderId: null, votedFor: null, ...vote }, this.log)
  }

  get id(): number {
    return this.state.settings.self.id
  }

  take(event: QuorumEvent): QuorumEffect[] {
    const effects = step(this.state, event, { now: this.now, timestamp: 1_795_226_757_000, chance: () => this.chance })
    this.done.push(...effects)
    return effects
  }

  start(): this {
    this.take({ kind: 'start' })
    return this
  }

  /** Until the present role ends by itself. */
  timeOut(): QuorumEffect[] {
    this.now = Math.max(this.now, this.state.deadline)
    return this.take({ kind: 'tick' })
  }

  asked(ask: ShortAsk): Answer {
    const answer = this.take({ kind: 'asked', key: 0, ask }).at(-1)!
    if (answer.kind !== 'answer') throw new Error(`an ask ends with ${answer.kind}`)
    return answer.answer
  }

  /** The last ask of that kind that it sent, to that member. */
  sent<K extends Ask['kind']>(kind: K, to?: number): Extract<Ask, { kind: K }> {
    const send = this.done.findLast(
      (effect) => effect.kind === 'send' && effect.ask.kind === kind && (to === undefined || effect.to.id === to),
    )
    if (send?.kind !== 'send') throw new Error(`node ${this.id} sent no ${kind}`)
    return send.ask as Extract<Ask, { kind: K }>
  }

  /** An answer to the last ask of that kind. */
  hears(kind: Ask['kind'], from: number, answer: Answer | null): QuorumEffect[] {
    const send = this.done.findLast(
      (effect) => effect.kind === 'send' && effect.ask.kind === kind && (effect.to.id === from || effect.to.id === null),
    )
    if (send?.kind !== 'send') throw new Error(`node ${this.id} sent no ${kind} to ${from}`)
    return this.take({ kind: 'answered', ask: send.ask, to: send.to, attempt: send.attempt, answer })
  }

  /** Nobody listens where its last ask of that kind went to. */
  isRefused(kind: Ask['kind'], by: number): QuorumEffect[] {
    const send = this.done.findLast((effect) => effect.kind === 'send' && effect.ask.kind === kind && effect.to.id === by)
    if (send?.kind !== 'send') throw new Error(`node ${this.id} sent no ${kind} to ${by}`)
    const { ask, to, attempt } = send
    return this.take({ kind: 'answered', ask, to, attempt, answer: null, isRefused: true })
  }

  /** Its log has those records on its device. */
  gets(...epochs: readonly number[]): QuorumEffect[] {
    this.log.append(...epochs)
    this.log.flush()
    return this.take({ kind: 'log' })
  }
}

/** A leader in the next epoch, by the vote of the member `by`; its first record is on its device. */
export function elect(leader: QuorumMember, by: QuorumMember): void {
  leader.timeOut()
  leader.hears('vote', by.id, by.asked(leader.sent('vote', by.id)))
  leader.hears('vote', by.id, by.asked(leader.sent('vote', by.id)))
  leader.gets(leader.state.epoch)
}

export const kindsOf = (effects: readonly QuorumEffect[]): string[] =>
  effects.map((effect) => (effect.kind === 'send' ? `send ${effect.ask.kind} to ${effect.to.id}` : effect.kind))
