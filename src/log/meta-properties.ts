// meta.properties says whose directory this is: cluster, node, and the directory's own id. It is written once and never made anew,
// because partitions are assigned to directories by that id.

import { isUuid, randomUuid } from '../base/uuid.ts'
import type { Disk } from '../platform/disk.ts'
import type { Random } from '../platform/random.ts'
import { parsePartitionDir, SUFFIX } from './file-names.ts'
import { parseProperties, readText } from './text-files.ts'

export interface MetaProperties {
  readonly clusterId: string
  readonly nodeId: number
  readonly directoryId: string
}

/** A directory that this node must not use; the message says what to do. */
export class WrongDirectory extends Error {
  override readonly name = 'WrongDirectory'
}

export const META_PROPERTIES = 'meta.properties'
const IF_DAMAGED = `; if its ${META_PROPERTIES} is damaged, restore that`
/** Any text may name a cluster, as with Kafka; but no space and nothing that cannot be seen. */
const CLUSTER_ID = /^[\x21-\x7e]+$/

/** What the directory says of itself; null where it was never formatted. Throws WrongDirectory where the file makes no sense. */
export async function readMetaProperties(disk: Disk, dir: string): Promise<MetaProperties | null> {
  const path = `${dir}/${META_PROPERTIES}`
  const text = await readText(disk, path)
  if (text === null) return null
  const properties = parseProperties(text)
  const version = properties.get('version')
  if (version === '0') {
    throw new WrongDirectory(
      `${path} was written by a Kafka that ran with ZooKeeper: migrate that cluster to KRaft first, or choose other log.dirs`,
    )
  }
  if (version !== '1') throw new WrongDirectory(`${path} has version ${version ?? '(none)'}; this build knows version 1`)
  const clusterId = properties.get('cluster.id') ?? ''
  const nodeId = properties.get('node.id') ?? ''
  const directoryId = properties.get('directory.id') ?? ''
  if (!CLUSTER_ID.test(clusterId) || !/^\d+$/.test(nodeId)) {
    throw new WrongDirectory(
      `${path} lacks a cluster.id or node.id that makes sense: restore it from a backup, or choose other log.dirs`,
    )
  }
  // One that is there and none must not be made anew, as a missing one of an older Kafka is: partitions are assigned to it.
  if (directoryId !== '' && !isUuid(directoryId)) {
    throw new WrongDirectory(
      `${path} has the directory.id "${directoryId}", which is none: restore it from a backup, or choose other log.dirs`,
    )
  }
  return { clusterId, nodeId: Number(nodeId), directoryId }
}

export interface Owner {
  readonly nodeId: number
  /** Null: whatever the directory says. */
  readonly clusterId: string | null
}

/**
 * Reads meta.properties, or writes it where the directory is new. Throws WrongDirectory where it belongs to another cluster or node, and where
 * the file is missing beside logs: whoever gave them a new identity would cut them off from their cluster.
 */
export async function ownMetaProperties(
  disk: Disk,
  dir: string,
  owner: Owner,
  random: Random,
): Promise<MetaProperties & { isNew: boolean }> {
  const found = await readMetaProperties(disk, dir)
  if (found) {
    refuseOthers(dir, found, owner)
    if (isUuid(found.directoryId)) return { ...found, isNew: false }
    const named = { ...found, directoryId: randomUuid((length) => random.bytes(length)) } // older than directory ids (KIP-858)
    await writeMetaProperties(disk, dir, named)
    return { ...named, isNew: false }
  }
  await refuseLogsWithoutIdentity(disk, dir)
  const newId = () => randomUuid((length) => random.bytes(length))
  const made = { clusterId: owner.clusterId ?? newId(), nodeId: owner.nodeId, directoryId: newId() }
  await writeMetaProperties(disk, dir, made)
  return { ...made, isNew: true }
}

async function refuseLogsWithoutIdentity(disk: Disk, dir: string): Promise<void> {
  for (const { name, isDirectory } of await disk.list(dir)) {
    if (!isDirectory || parsePartitionDir(name) === null) continue
    if (!(await disk.list(`${dir}/${name}`)).some((file) => file.name.endsWith(SUFFIX.log))) continue
    throw new WrongDirectory(
      `${dir}/${META_PROPERTIES} is missing, but there are logs (${name}): restore it from a backup, or choose other log.dirs`,
    )
  }
}

function refuseOthers(dir: string, { clusterId, nodeId }: MetaProperties, owner: Owner): void {
  if (owner.clusterId !== null && owner.clusterId !== clusterId) {
    throw new WrongDirectory(
      `${dir} belongs to cluster ${clusterId}, not ${owner.clusterId}: choose other log.dirs, or start with that cluster's id${IF_DAMAGED}`,
    )
  }
  if (owner.nodeId !== nodeId) {
    throw new WrongDirectory(
      `${dir} belongs to node.id ${nodeId}, not ${owner.nodeId}: set node.id=${nodeId}, or choose other log.dirs${IF_DAMAGED}`,
    )
  }
}

/** Writes the identity of a directory, whole or not at all. */
export function writeMetaProperties(disk: Disk, dir: string, { clusterId, nodeId, directoryId }: MetaProperties): Promise<void> {
  const lines = ['#', `cluster.id=${clusterId}`, `directory.id=${directoryId}`, `node.id=${nodeId}`, 'version=1', '']
  return disk.replaceAtomic(`${dir}/${META_PROPERTIES}`, Buffer.from(lines.join('\n')))
}
