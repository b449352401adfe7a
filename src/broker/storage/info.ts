// What `kafka-storage info` tells of the log directories of a node.

import type { LoadedConfig } from '../../config/load.ts'
import { type MetaProperties, readMetaProperties, WrongDirectory } from '../../log/meta-properties.ts'
import type { Disk } from '../../platform/disk.ts'
import { storageDirs } from './format.ts'

export interface StorageInfo {
  readonly lines: readonly string[]
  readonly hasProblems: boolean
}

/** Looks and changes nothing. */
export async function storageInfo(disk: Disk, loaded: LoadedConfig): Promise<StorageInfo> {
  const found: string[] = []
  const problems: string[] = []
  const all: MetaProperties[] = []
  for (const path of storageDirs(loaded)) {
    if (!(await disk.exists(path))) {
      problems.push(`${path} does not exist`)
      continue
    }
    found.push(path)
    const properties = await read(disk, path, problems)
    if (properties) all.push(properties)
  }
  const [first] = all
  if (all.some(({ clusterId }) => clusterId !== first?.clusterId))
    problems.push('Mismatched cluster IDs between storage directories.')
  if (all.some(({ nodeId }) => nodeId !== first?.nodeId)) problems.push('Mismatched node IDs between storage directories.')
  const lines = [
    ...section(found, 'Found log director', ['y:', 'ies:']),
    ...(first ? [`Found metadata: ${shown(first)}`, ''] : []),
    ...section(problems, 'Found problem', [':', 's:']),
  ]
  return { lines, hasProblems: problems.length > 0 }
}

async function read(disk: Disk, path: string, problems: string[]): Promise<MetaProperties | null> {
  try {
    const properties = await readMetaProperties(disk, path)
    if (!properties) problems.push(`${path} is not formatted.`)
    return properties
  } catch (thrown) {
    if (!(thrown instanceof WrongDirectory)) throw thrown
    problems.push(thrown.message)
    return null
  }
}

function section(items: readonly string[], title: string, [one, many]: readonly [string, string]): string[] {
  if (items.length === 0) return []
  return [`${title}${items.length === 1 ? one : many}`, ...items.map((item) => `  ${item}`), '']
}

function shown({ clusterId, directoryId, nodeId }: MetaProperties): string {
  return `{cluster.id=${clusterId}, directory.id=${directoryId}, node.id=${nodeId}, version=1}`
}
