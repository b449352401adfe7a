// The file `quorum-state` beside the metadata log: the vote that must survive a crash, as one line of JSON. Version 0 is what Kafka writes
// under kraft.version 0, version 1 (with the directory of the one voted for) under kraft.version 1.

import { ZERO_UUID } from '../base/uuid.ts'
import type { Disk } from '../platform/disk.ts'
import type { Vote } from './quorum.ts'

const FILE = 'quorum-state'
const NOBODY = -1

export interface SavedState {
  readonly vote: Vote
  /** Who votes under kraft.version 0, whose log does not say it; empty in version 1. */
  readonly voterIds: readonly number[]
}

/** The saved vote; null where the node never voted. Throws where the file is there and cannot be read: guessing would allow a second vote. */
export async function readVote(disk: Disk, dir: string): Promise<SavedState | null> {
  const path = `${dir}/${FILE}`
  const bytes = await disk.readAtomic(path)
  if (bytes === null) return null
  return parse(Buffer.from(bytes).toString('utf8'), path)
}

type Saved = Readonly<
  Partial<Record<'leaderId' | 'leaderEpoch' | 'votedId' | 'votedDirectoryId' | 'data_version' | 'currentVoters', unknown>>
>

function parse(text: string, path: string): SavedState {
  const { leaderId, leaderEpoch, votedId, votedDirectoryId = ZERO_UUID, data_version, currentVoters = [] } = saved(text, path)
  if (data_version !== 0 && data_version !== 1)
    throw new Error(
      `${path} has data_version ${data_version}; this build reads 0 and 1. If it is damaged, restore it from a backup`,
    )
  if (!isCount(leaderEpoch) || !isId(leaderId) || !isId(votedId) || typeof votedDirectoryId !== 'string') throw unreadable(path)
  if (!Array.isArray(currentVoters)) throw unreadable(path)
  const vote = {
    epoch: leaderEpoch,
    leaderId: leaderId === NOBODY ? null : leaderId,
    votedFor: votedId === NOBODY ? null : { id: votedId, directoryId: votedDirectoryId },
  }
  return { vote, voterIds: currentVoters.map((voter: { voterId?: unknown } | null) => voter?.voterId).filter(isId) }
}

function saved(text: string, path: string): Saved {
  try {
    const data: unknown = JSON.parse(text)
    if (typeof data === 'object' && data !== null) return data
  } catch (cause) {
    throw unreadable(path, cause)
  }
  throw unreadable(path)
}

function unreadable(path: string, cause?: unknown): Error {
  return new Error(
    `${path} cannot be read: restore it from a backup. The vote in it must not be guessed; only a node that is the single voter of its cluster may start without it: then move the file away`,
    { cause },
  )
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0
}

function isId(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= NOBODY
}

/** Resolves when the vote is on the device. */
export async function saveVote(
  disk: Disk,
  dir: string,
  vote: Vote,
  kraftVersion: number,
  voterIds: readonly number[],
): Promise<void> {
  const { epoch, leaderId, votedFor } = vote
  const common = { leaderId: leaderId ?? NOBODY, leaderEpoch: epoch, votedId: votedFor?.id ?? NOBODY }
  const data =
    kraftVersion > 0
      ? { ...common, votedDirectoryId: votedFor?.directoryId ?? ZERO_UUID, data_version: 1 }
      : { clusterId: '', ...common, appliedOffset: 0, currentVoters: voterIds.map((voterId) => ({ voterId })), data_version: 0 }
  await disk.replaceAtomic(`${dir}/${FILE}`, Buffer.from(JSON.stringify(data)))
}
