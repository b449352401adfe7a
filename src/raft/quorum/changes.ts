// A leader changes who votes (KIP-853): one change at a time, each a record that counts from when it is written, and only once everything before it is
// committed. So two majorities that follow each other always have a voter in common.

import { ZERO_UUID } from '../../base/uuid.ts'
import type { ErrorName } from '../../protocol/errors.ts'
import { buildBatch } from '../../protocol/records/builder.ts'
import { type ControlRecord, controlRecord } from '../../protocol/records/control.ts'
import {
  covers,
  isSameEntry,
  isSameReplica,
  KRAFT_VERSIONS,
  type ReplicaKey,
  type Voter,
  voterRecord,
  without,
} from '../voters.ts'
import type {
  AddVoterAsk,
  Answer,
  ChangeAsk,
  Moment,
  QuorumEffect,
  RaiseVersionAsk,
  UpdateVoterAsk,
  VersionsAsk,
} from './events.ts'
import { progressOf } from './progress.ts'
import { becomeResigned } from './roles.ts'
import { isVoter, type Leading, type QuorumState, standing } from './state.ts'

/** As Kafka has it: who has not been at the end of the log for so long is no help to a majority. */
const CAUGHT_UP_MS = 3_600_000

/** They stand in every snapshot, and in every record of the voters. */
const MOST_ENDPOINTS = 100
/** As long as a name of DNS can be. */
const LONGEST_NAME = 255

/** Why a change is not made: an answer. */
interface Refusal {
  readonly error: ErrorName
  readonly message: string
}

const tooSoon = (message: string): Refusal => ({ error: 'REQUEST_TIMED_OUT', message })
const invalid = (message: string): Refusal => ({ error: 'INVALID_REQUEST', message })

export function changeAsked(state: QuorumState, key: number, ask: ChangeAsk, moment: Moment): QuorumEffect[] {
  const { leading } = state
  if (ask.kind === 'updateVoter' && ask.epoch !== state.epoch)
    return [
      answerTo(state, key, { error: ask.epoch < state.epoch ? 'FENCED_LEADER_EPOCH' : 'UNKNOWN_LEADER_EPOCH', message: '' }),
    ]
  if (!leading)
    return [answerTo(state, key, { error: 'NOT_LEADER_OR_FOLLOWER', message: 'this node does not lead the metadata quorum' })]
  const refusal = malformed(state, ask) ?? whyNotNow(state, leading, ask)
  if (refusal) return [answerTo(state, key, refusal)]
  switch (ask.kind) {
    case 'addVoter':
      return add(state, leading, key, ask, moment)
    case 'removeVoter':
      return remove(state, key, ask.voter, moment)
    case 'updateVoter':
      return update(state, leading, key, ask, moment)
    case 'raiseVersion':
      return raiseVersion(state, leading, key, ask, moment)
  }
}

function answerTo(state: QuorumState, key: number, { error, message }: Refusal): QuorumEffect {
  const answer: Answer = { ...standing(state, error), message }
  return { kind: 'answer', key, answer }
}

const DONE: Refusal = { error: 'NONE', message: '' }

// ---- what every change needs

function malformed({ settings }: QuorumState, ask: ChangeAsk): Refusal | null {
  if (ask.kind === 'raiseVersion') return null
  const { id, directoryId } = ask.voter
  if (id < 0 || directoryId === ZERO_UUID) return invalid('the request names no voter: an id and a directory id are needed')
  if (ask.kind === 'removeVoter') return null
  const { endpoints, kraftVersions } = ask.voter
  if (!endpoints.some(({ name }) => name === settings.listener))
    return invalid(`the request says no endpoint of the voter for the listener ${settings.listener}, where voters are reached`)
  if (endpoints.length > MOST_ENDPOINTS) return invalid(`a voter has ${MOST_ENDPOINTS} endpoints at most`)
  if (endpoints.some(({ name, host }) => name.length > LONGEST_NAME || host.length > LONGEST_NAME))
    return invalid(`the names of an endpoint, its listener's and its host's, have ${LONGEST_NAME} characters at most`)
  return kraftVersions.min < 0 || kraftVersions.max < kraftVersions.min ? invalid('the range of kraft.version is none') : null
}

/** In the order in which Kafka looks. What may be over in a moment is answered with REQUEST_TIMED_OUT, and asked again. */
function whyNotNow({ log, highWatermark }: QuorumState, leading: Leading, { kind }: ChangeAsk): Refusal | null {
  if (leading.change) return tooSoon('the leader is at another change of the voters')
  if (!leading.hasHighWatermark) return tooSoon('the leader has committed no record of its epoch yet')
  const needsRecords = kind === 'addVoter' || kind === 'removeVoter'
  if (needsRecords && log.kraftVersion < 1) {
    const what = kind === 'addVoter' ? 'adding' : 'removing'
    return {
      error: 'UNSUPPORTED_VERSION',
      message: `Cluster doesn't support ${what} voter because the kraft.version feature is 0`,
    }
  }
  if (log.votersOffset < highWatermark) return null
  return tooSoon(`the change of the voters at offset ${log.votersOffset} is not committed yet`)
}

// ---- the changes

/** The new voter is asked first what it can do, at the address where it will be asked for votes: one that nobody reaches helps no majority. */
function add(state: QuorumState, leading: Leading, key: number, ask: AddVoterAsk, { now }: Moment): QuorumEffect[] {
  const { settings, log } = state
  const { id, directoryId, endpoints } = ask.voter
  if (log.voters.some((voter) => voter.id === id)) {
    const message = `The voter id for ${nameOf({ id, directoryId })} is already part of the set of voters ${namesOf(log.voters)}.`
    return [answerTo(state, key, { error: 'DUPLICATE_VOTER', message })]
  }
  leading.change = { key, ask, deadline: now + settings.timeouts.requestTimeoutMs, offset: null }
  const { host, port } = endpoints.find(({ name }) => name === settings.listener)!
  return [{ kind: 'send', to: { id, host, port }, ask: { kind: 'versions', key }, attempt: 0 }]
}

/** What came of asking the new voter what it can do. */
export function versionsAnswered(
  state: QuorumState,
  { key }: VersionsAsk,
  answer: Answer | null,
  moment: Moment,
): QuorumEffect[] {
  const { leading, log } = state
  const change = leading?.change
  if (!leading || change?.key !== key || change.ask.kind !== 'addVoter' || change.offset !== null) return []
  const { voter, ackWhenCommitted } = change.ask
  leading.change = null
  const refuse = (refusal: Refusal) => [answerTo(state, key, refusal)]
  if (answer?.error !== 'NONE')
    return refuse(
      tooSoon(`New voter ${nameOf(voter)} did not say what it supports: ${answer?.error ?? 'it did not answer in time'}`),
    )
  if (!answer.canVote)
    return refuse(invalid(`Aborted add voter operation for ${nameOf(voter)} since no controller answers at its endpoint`))
  const range = answer.versions ?? { min: 0, max: 0 }
  if (!covers(range, log.kraftVersion)) {
    const supports = `the kraft.version range (min: ${range.min}, max: ${range.max}) doesn't support the finalized version ${log.kraftVersion}`
    return refuse(invalid(`Aborted add voter operation for ${nameOf(voter)} since ${supports}`))
  }
  if (!isCaughtUp(state, voter, moment))
    return refuse(tooSoon(`Aborted add voter operation for ${nameOf(voter)} since it is lagging behind`))
  const write = writeVoters(state, [...log.voters, { ...voter, kraftVersions: range }], moment)
  if (!ackWhenCommitted) return [write, answerTo(state, key, DONE)]
  leading.change = { ...change, offset: log.endOffset }
  return [write]
}

/** Whether it fetches, and was at the end of the log not long ago. */
function isCaughtUp(state: QuorumState, voter: ReplicaKey, { now, timestamp }: Moment): boolean {
  const progress = progressOf(state, voter)
  if (!progress || now - progress.heardAt > state.settings.timeouts.fetchTimeoutMs) return false
  return progress.lastCaughtUpTimestamp > 0 && timestamp - progress.lastCaughtUpTimestamp < CAUGHT_UP_MS
}

function remove(state: QuorumState, key: number, gone: ReplicaKey, moment: Moment): QuorumEffect[] {
  const { log } = state
  const left = without(log.voters, gone)
  const why = `Cannot remove voter ${nameOf(gone)} from the set of voters ${namesOf(log.voters)}`
  if (left.length === log.voters.length) return [answerTo(state, key, { error: 'VOTER_NOT_FOUND', message: why })]
  if (left.length === 0) return [answerTo(state, key, invalid(`${why}: it is the only one`))]
  return written(state, key, { kind: 'removeVoter', voter: gone }, left, moment)
}

/** A voter tells where it is reached now. It is answered at once: it asks again where that did not last. */
function update(state: QuorumState, leading: Leading, key: number, { voter }: UpdateVoterAsk, moment: Moment): QuorumEffect[] {
  const { log } = state
  if (!covers(voter.kraftVersions, log.kraftVersion))
    return [answerTo(state, key, invalid(`a voter has to support kraft.version ${log.kraftVersion}`))]
  const known = log.voters.find((one) => isSameReplica(one, voter))
  if (!known) {
    const message = `${nameOf(voter)} is none of the voters ${namesOf(log.voters)}`
    return [answerTo(state, key, { error: 'VOTER_NOT_FOUND', message })]
  }
  if (log.kraftVersion < 1) leading.told.set(voter.id, voter)
  if (log.kraftVersion < 1 || isSameEntry(known, voter)) return [answerTo(state, key, DONE)]
  const voters = log.voters.map((one) => (one === known ? voter : one))
  return [writeVoters(state, voters, moment), answerTo(state, key, DONE)]
}

/** From kraft.version 0 on who votes stands in the configuration, and what the record has to say of each voter the leader knows from the voter alone. */
function raiseVersion(state: QuorumState, leading: Leading, key: number, ask: RaiseVersionAsk, moment: Moment): QuorumEffect[] {
  const { log, settings } = state
  const { kraftVersion, isTrial } = ask
  const refuse = (why: string) => [answerTo(state, key, { error: 'INVALID_UPDATE_VERSION', message: why })]
  if (kraftVersion === log.kraftVersion) return [answerTo(state, key, DONE)]
  if (kraftVersion < log.kraftVersion)
    return refuse(
      `Invalid upgrade of kraft.version from ${log.kraftVersion} to ${kraftVersion} because the new version is a downgrade`,
    )
  const own: Voter = { ...settings.self, endpoints: settings.endpoints, kraftVersions: KRAFT_VERSIONS }
  const voters = log.voters.map(({ id }) => (id === own.id ? own : leading.told.get(id)))
  // One whose directory is another by now has to say so first.
  const isThere = (voter: Voter) => voter === own || progressOf(state, voter) !== undefined
  const isKnown = (voter: Voter | undefined): voter is Voter =>
    voter !== undefined && covers(voter.kraftVersions, kraftVersion) && isThere(voter)
  if (!voters.every(isKnown)) {
    const silent = log.voters.filter((_, at) => !isKnown(voters[at])).map(({ id }) => id)
    const unknown = `not known yet of ${silent.join(', ')}`
    return refuse(`Invalid upgrade of kraft.version to ${kraftVersion} because not all of the voters support it (${unknown})`)
  }
  if (isTrial) return [answerTo(state, key, DONE)]
  return written(state, key, ask, voters, moment, [{ kind: 'kraftVersion', kRaftVersion: kraftVersion }])
}

// ---- the record

/** Who asked waits until the record is committed. */
function written(
  state: QuorumState,
  key: number,
  ask: ChangeAsk,
  voters: readonly Voter[],
  moment: Moment,
  before: readonly ControlRecord[] = [],
): QuorumEffect[] {
  const { log, settings } = state
  const deadline = moment.now + settings.timeouts.requestTimeoutMs
  state.leading!.change = { key, ask, deadline, offset: log.endOffset }
  return [writeVoters(state, voters, moment, before)]
}

function writeVoters(
  { epoch }: QuorumState,
  voters: readonly Voter[],
  { timestamp }: Moment,
  before: readonly ControlRecord[] = [],
): QuorumEffect {
  const records: ControlRecord[] = [...before, { kind: 'kraftVoters', voters: voters.map(voterRecord) }]
  const batch = buildBatch({ records: records.map((record) => ({ ...controlRecord(record), timestamp })), isControl: true })
  return { kind: 'write', batch, epoch }
}

/** After the log or the commit moved: who waited for a commit is answered, and a leader that is no voter any more goes (KIP-853). */
export function changesSettled(state: QuorumState, moment: Moment): QuorumEffect[] {
  const { leading, log, highWatermark } = state
  if (!leading?.hasHighWatermark) return []
  const effects: QuorumEffect[] = []
  const { change } = leading
  if (change && change.offset !== null && change.offset < highWatermark) {
    leading.change = null
    effects.push(answerTo(state, change.key, DONE))
  }
  const isRemoved = !isVoter(state) && log.votersOffset < highWatermark
  return isRemoved ? [...effects, ...becomeResigned(state, moment)] : effects
}

/** Who waits for too long hears of it. */
export function changeOverdue(state: QuorumState, { now }: Moment): QuorumEffect[] {
  const { leading } = state
  const change = leading?.change
  if (!leading || !change || change.deadline > now) return []
  leading.change = null
  const what = change.offset === null ? 'the new voter did not answer' : `the record at offset ${change.offset} is not committed`
  return [answerTo(state, change.key, tooSoon(`the change of the voters takes too long: ${what}`))]
}

/** The leader that began a change leads no more: what comes of its record, the next one knows. */
export function changeGivenUp(state: QuorumState, { change }: Leading): QuorumEffect[] {
  if (!change) return []
  return [
    answerTo(state, change.key, { error: 'NOT_LEADER_OR_FOLLOWER', message: 'this node leads the metadata quorum no longer' }),
  ]
}

/** As Kafka words it: its tools print it. */
function nameOf({ id, directoryId }: ReplicaKey): string {
  return `ReplicaKey(id=${id}, directoryId=${directoryId})`
}

function namesOf(voters: readonly Voter[]): string {
  return `[${voters.map(nameOf).join(', ')}]`
}
