// Whether a node may make its directories by itself, or has to be given them.

import type { LoadedConfig } from '../../config/load.ts'
import { META_PROPERTIES } from '../../log/meta-properties.ts'
import type { Disk } from '../../platform/disk.ts'
import { storageDirs } from './format.ts'

/**
 * Throws where the node is one of several and nothing says which cluster its empty directories belong to: each that made up an id of its own would found a
 * cluster of its own. A node that is the only one founds its cluster; a directory beside one that is formatted joins it.
 */
export async function requireFormatted(disk: Disk, loaded: LoadedConfig): Promise<void> {
  const { quorum, clusterId, config, roles } = loaded
  const dirs = storageDirs(loaded)
  for (const dir of dirs) if (await disk.exists(`${dir}/${META_PROPERTIES}`)) return
  const isOnly = foundsQuorum(loaded) || (quorum.voters.length === 1 && quorum.voters[0]!.id === config['node.id'])
  // Where voters stand in the metadata itself, a fresh controller would not know whether it is one of them.
  const mayBegin = clusterId !== null && (!roles.controller || quorum.voters.length > 0)
  if (isOnly || mayBegin) return
  const how =
    quorum.voters.length > 0 || !roles.controller ? '' : ' with --standalone, --initial-controllers or --no-initial-controllers'
  throw new Error(
    `no ${META_PROPERTIES} was found in ${dirs.join(', ')}: format the node first, by odradek storage format -t <cluster id> -c <file>${how}` +
      (quorum.voters.length > 0 || !roles.controller ? '; or say the cluster id in CLUSTER_ID' : ''),
  )
}

const LOOPBACK = ['localhost', '127.0.0.1', '::1']

/**
 * Whether a fresh node is the first and only voter: it names nobody else, at most its own listener for controllers, as Apache's sample file for a single
 * node does.
 */
export function foundsQuorum({ quorum, roles, listeners }: LoadedConfig): boolean {
  if (quorum.isAlone) return true
  const [server, ...others] = quorum.bootstrapServers
  if (!server || others.length > 0 || quorum.voters.length > 0 || !roles.controller) return false
  return listeners.controller.some(
    ({ bind, advertised }) => server.port === advertised.port && [bind.host, advertised.host, ...LOOPBACK].includes(server.host),
  )
}
