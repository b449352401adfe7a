// How a node that does not lead gets the leader's log: one fetch at a time, or one piece of a snapshot; and, while it knows no leader, whom it asks for one.

import { truncationOffset } from '../log-view.ts'
import type { Address, Peer } from '../peers.ts'
import { type SnapshotId, snapshotName } from '../snapshot.ts'
import type { Answer, Fetched, Moment, QuorumEffect, SnapshotPiece } from './events.ts'
import { isVoter, mayBecomeVoter, otherVoters, peerOf, type QuorumState, serversOf } from './state.ts'

/** Pauses between failed asks grow up to so many times the first one. */
const LONGEST_PAUSE = 10

/** What was asked for is nobody's any more: the role has changed. */
export function forgetFetching({ fetching }: QuorumState): void {
  fetching.attempt++
  fetching.isWaiting = false
  fetching.notBefore = 0
  fetching.failures = 0
  fetching.hasFetched = false
  fetching.leaderHighWatermark = -1
  fetching.download = null
}

function isFetching({ role }: QuorumState): boolean {
  return role === 'follower' || role === 'unattached'
}

/**
 * When the next ask is due; Infinity where something else comes first. A voter's offset says what it has on its device, so it waits for the device; so
 * does who may be one in the leader's eyes already.
 */
export function fetchDue(state: QuorumState): number {
  const { fetching, log } = state
  const mustWait = !isFetching(state) || fetching.isWaiting || (mayBecomeVoter(state) && log.flushedOffset < log.endOffset)
  return mustWait ? Number.POSITIVE_INFINITY : fetching.notBefore
}

/** The next ask, where it is time for one. */
export function fetchNext(state: QuorumState, moment: Moment): QuorumEffect[] {
  const { fetching, log, epoch, highWatermark } = state
  if (moment.now < fetchDue(state)) return []
  const to = whomToAsk(state)
  if (!to) return fetchFailed(state, moment)
  fetching.isWaiting = true
  const attempt = ++fetching.attempt
  const { download } = fetching
  if (download) {
    const { id, position } = download
    return [{ kind: 'send', to, attempt, ask: { kind: 'fetchSnapshot', epoch, id, position } }]
  }
  const ask = { kind: 'fetch' as const, epoch, offset: log.endOffset, lastEpoch: log.lastEpoch, highWatermark }
  return [{ kind: 'send', to, attempt, ask }]
}

/** The leader; while that is not known or does not answer, somebody else in turn: there may be a new one. */
function whomToAsk(state: QuorumState): Peer | null {
  const { fetching, leaderId, role, settings } = state
  const leader = role === 'follower' && leaderId !== null ? peerOf(state, leaderId) : null
  if (leader && fetching.failures % 2 === 0) return leader
  const isAt = (one: Address, other: Address | null) => one.host === other?.host && one.port === other.port
  const isElsewhere = (server: Peer) => !isAt(server, settings.address) && !isAt(server, leader)
  const named = serversOf(state).filter(isElsewhere)
  // One that was the first voter may name nobody but itself: the voters that came later stand in the log.
  const servers =
    named.length > 0
      ? named
      : otherVoters(state)
          .flatMap(({ id }) => peerOf(state, id) ?? [])
          .filter(isElsewhere)
  return servers[fetching.nextServer++ % Math.max(1, servers.length)] ?? leader
}

/** Nothing useful came: another ask after a while. */
export function fetchFailed(state: QuorumState, { now }: Moment): QuorumEffect[] {
  const { fetching, settings } = state
  fetching.isWaiting = false
  fetching.download = null
  const pause = Math.min(2 ** fetching.failures, LONGEST_PAUSE) * settings.timeouts.retryBackoffMs
  fetching.failures++
  fetching.notBefore = now + pause
  return []
}

/** Before the first of the voters stands whose leader is gone: the others notice it meanwhile, and nobody is asked too early. */
const FIRST_STANDS_MS = 40
/** Before the next one does: time for an election, so that two rarely stand at once. */
const NEXT_STANDS_MS = 120

/**
 * Nobody listens at that address. Where it was the leader's, and it had answered from there, its process is over: its voters need not wait for its time to
 * be up, and stand in the order of their ids. Where it is not over after all, those that hear from it refuse their pre-votes, and nothing has changed.
 */
export function fetchRefused(state: QuorumState, to: Peer, moment: Moment): QuorumEffect[] {
  const { fetching, role, leaderId } = state
  if (role === 'follower' && to.id === leaderId && fetching.hasFetched) {
    fetching.hasFetched = false
    if (isVoter(state)) state.deadline = Math.min(state.deadline, moment.now + FIRST_STANDS_MS + NEXT_STANDS_MS * placeOf(state))
  }
  return fetchFailed(state, moment)
}

/** What came could not be taken: whoever sends only such things is not heard, and others that cannot take it either may elect somebody else. */
export function refused(state: QuorumState, moment: Moment): QuorumEffect[] {
  const { fetching, role } = state
  if (role === 'follower') {
    state.deadline = Math.min(state.deadline, fetching.deadlineBefore)
    fetching.hasFetched = false
  }
  return fetchFailed(state, moment)
}

/** How many voters come before this one when the leader is gone. */
function placeOf({ log, leaderId, settings }: QuorumState): number {
  return log.voters.filter(({ id }) => id !== leaderId && id < settings.self.id).length
}

/** The leader answered: it is alive, and what it says is about the log that this node asked from. */
function heard(state: QuorumState, { now }: Moment): void {
  const { fetching, settings } = state
  fetching.deadlineBefore = state.deadline
  fetching.isWaiting = false
  fetching.failures = 0
  fetching.notBefore = 0
  fetching.hasFetched = true
  if (!state.isLeaderGone) state.deadline = now + settings.timeouts.fetchTimeoutMs
}

/** What the leader of this epoch answered to a fetch. The log is settled when the next event comes, which is `log` where it changed. */
export function fetched(state: QuorumState, { error }: Answer, answer: Fetched | undefined, moment: Moment): QuorumEffect[] {
  if (error !== 'NONE' || !answer || state.role !== 'follower') return fetchFailed(state, moment)
  const { diverging, snapshot, records, highWatermark } = answer
  heard(state, moment)
  if (diverging) return truncate(state, truncationOffset(state.log, diverging), moment)
  if (snapshot) return download(state, snapshot, moment)
  const { fetching } = state
  const isFirstWord = fetching.leaderHighWatermark < 0 && highWatermark >= 0
  fetching.leaderHighWatermark = Math.max(fetching.leaderHighWatermark, highWatermark)
  if (records.length > 0) return [{ kind: 'follow', records }]
  const effects = logMoved(state, moment)
  // Who goes on behind a snapshot knew as much; that it is all is news.
  const isTold = effects.some(({ kind }) => kind === 'commit')
  return isFirstWord && !isTold && state.highWatermark > 0
    ? [{ kind: 'commit', offset: state.highWatermark }, ...effects]
    : effects
}

/** After a start nobody has told the high watermark yet, but a snapshot holds only what was committed. */
function knownCommitted({ highWatermark, log }: QuorumState): number {
  return Math.max(highWatermark, log.newestSnapshot?.endOffset ?? 0)
}

function truncate(state: QuorumState, offset: number, moment: Moment): QuorumEffect[] {
  const { leaderId, epoch, log } = state
  const committed = knownCommitted(state)
  if (offset < committed) {
    const what = `node ${leaderId}, which leads epoch ${epoch}, wants it cut at ${offset}, but records up to ${committed} are committed`
    return [{ kind: 'stop', why: `the metadata log is not its leader's: ${what}` }]
  }
  // It was told to cut, and there is nothing to cut: asking again at once would go round and round.
  if (offset >= log.endOffset) return fetchFailed(state, moment)
  return [{ kind: 'truncate', offset }]
}

function download(state: QuorumState, id: SnapshotId, moment: Moment): QuorumEffect[] {
  const { log, leaderId } = state
  const committed = knownCommitted(state)
  if (id.endOffset < committed) {
    const why = `node ${leaderId} sends the snapshot ${snapshotName(id)}, but records up to ${committed} are committed`
    return [{ kind: 'stop', why: `the metadata log is not its leader's: ${why}` }]
  }
  const { newestSnapshot } = log
  if (newestSnapshot?.endOffset === id.endOffset && newestSnapshot.epoch === id.epoch) return [{ kind: 'restore', id }]
  state.fetching.download = { id, position: 0 }
  return fetchNext(state, moment)
}

/** A piece of the snapshot that is being fetched. One that is not there any more is given up: the next fetch says what is. */
export function pieceFetched(
  state: QuorumState,
  { error }: Answer,
  piece: SnapshotPiece | undefined,
  moment: Moment,
): QuorumEffect[] {
  const { download } = state.fetching
  if (error !== 'NONE' || !piece || !download || state.role !== 'follower') return fetchFailed(state, moment)
  const isNext = piece.id.endOffset === download.id.endOffset && piece.position === download.position
  const end = piece.position + piece.bytes.length
  if (!isNext || piece.bytes.length === 0 || end > piece.sizeInBytes) return fetchFailed(state, moment)
  heard(state, moment)
  download.position = end
  if (end === piece.sizeInBytes) state.fetching.download = null
  return [{ kind: 'storePiece', piece }]
}

/** The log settled: more of it may be known to be committed, and the next fetch can go out. */
export function logMoved(state: QuorumState, moment: Moment): QuorumEffect[] {
  const { log, fetching } = state
  // A log that begins later than before goes on behind a snapshot, and snapshots hold only what is committed.
  const offset = Math.max(Math.min(fetching.leaderHighWatermark, log.endOffset), log.startOffset)
  if (!isFetching(state)) return []
  if (offset <= state.highWatermark || offset <= 0) return fetchNext(state, moment)
  state.highWatermark = offset
  return [{ kind: 'commit', offset }, ...fetchNext(state, moment)]
}
