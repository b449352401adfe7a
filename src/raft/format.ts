// Formats the metadata part of a fresh log directory as `kafka-storage format --standalone` does: kraft.version 1, its voters in the empty
// checkpoint, the first metadata records in `bootstrap.checkpoint`.

import type { Disk } from '../platform/disk.ts'

import { readSnapshot, writeCheckpoint, writeSnapshot } from './snapshot.ts'
import { type Voter, voterRecord } from './voters.ts'

export const METADATA_LOG = '__cluster_metadata'
/** Kafka's own id for the metadata topic. */
export const METADATA_TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAQ'
export const BOOTSTRAP = 'bootstrap.checkpoint'

const EMPTY = { endOffset: 0, epoch: 0 }

export function metadataDir(logDir: string): string {
  return `${logDir}/${METADATA_LOG}-0`
}

/**
 * Writes what is missing; a directory that has a metadata log, a checkpoint or a vote is left as it is, always. Gives whether it wrote.
 * @param bootstrap the first metadata records as batches; they stand in `bootstrap.checkpoint` for Kafka's tools and for the first controller
 */
export async function formatMetadata(
  disk: Disk,
  logDir: string,
  { voters, bootstrap, now }: { voters: readonly Voter[]; bootstrap: Iterable<Uint8Array>; now: number },
): Promise<boolean> {
  const dir = metadataDir(logDir)
  const wasThere = (await disk.list(dir)).some(
    ({ name }) => name === 'quorum-state' || name.endsWith('.log') || name.endsWith('.checkpoint'),
  )
  if (wasThere) return false
  await disk.mkdir(dir)
  const header = { id: EMPTY, lastTimestamp: 0, control: [], batches: bootstrap }
  if (!(await disk.exists(`${logDir}/${BOOTSTRAP}`))) await writeCheckpoint(disk, `${logDir}/${BOOTSTRAP}`, header, now)
  const control = [
    { kind: 'kraftVersion' as const, kRaftVersion: 1 },
    { kind: 'kraftVoters' as const, voters: voters.map(voterRecord) },
  ]
  await disk.flushDirectory(logDir)
  await writeSnapshot(disk, dir, { id: EMPTY, lastTimestamp: now, control, batches: [] }, now)
  return true
}

/** The data batches of `bootstrap.checkpoint`, joined; null where the file is missing. */
export async function readBootstrap(disk: Disk, logDir: string): Promise<Uint8Array[] | null> {
  const path = `${logDir}/${BOOTSTRAP}`
  if (!(await disk.exists(path))) return null
  const found: Uint8Array[] = []
  for await (const batch of readSnapshot(disk, path)) if (!batch.isControl) found.push(Uint8Array.from(batch.slice()))
  return found
}
