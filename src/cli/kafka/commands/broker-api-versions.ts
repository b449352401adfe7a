// kafka-broker-api-versions: which versions of which API each broker serves, and which of them this client would use.

import type { ClusterNode } from '../../../client/admin/cluster.ts'
import type { PeerVersions } from '../../../net/peer-versions.ts'
import { type Api, apis } from '../../../protocol/api.ts'
import { withAdmin } from '../client.ts'
import { command } from '../command.ts'
import { javaText } from '../java.ts'
import { demand } from '../options/checks.ts'
import { commandConfig, common, text } from '../options/table.ts'

const options = {
  ...common,
  'bootstrap-server': text('server(s) to use for bootstrapping', 'Required: brokers as host:port, separated by commas.'),
  'command-config': commandConfig,
}

export const brokerApiVersions = command({
  options,
  examples: ['kafka-broker-api-versions --bootstrap-server localhost:9092'],
  about: 'This tool helps to retrieve broker version information.',
  check: (found) => demand(found, 'bootstrap-server'),
  run: (found, around) =>
    withAdmin(
      { bootstrapServers: found.text('bootstrap-server')!, config: found.text('command-config') },
      around,
      async (admin) => {
        const { nodes } = await admin.describeCluster()
        const answers = await admin.describeApiVersions(nodes.map(({ id }) => id))
        for (const node of nodes) {
          const error = answers.errors.get(String(node.id))
          if (error) around.print(`${named(node)} -> ERROR: ${javaText(error)}`)
          else for (const line of linesOf(named(node), answers.values.get(String(node.id))!)) around.print(line)
        }
        return 0
      },
    ),
})

const named = ({ host, port, id, rack }: ClusterNode) => `${host}:${port} (id: ${id} rack: ${rack} isFenced: false)`

/** Those that clients may be told of, and whatever else the broker names. */
function linesOf(node: string, versions: PeerVersions): string[] {
  const known = apis.filter((api) => api.listeners.includes('broker'))
  const strangers = [...versions].filter(([key]) => !apis.some((api) => api.key === key))
  const rows = [
    ...known.map((api) => ({ key: api.key, text: `${api.name}(${api.key}): ${told(api, versions)}` })),
    ...strangers.map(([key, { min, max }]) => ({ key, text: `UNKNOWN(${key}): ${range(min, max)}` })),
  ].sort((a, b) => a.key - b.key)
  return [`${node} -> (`, ...rows.map(({ text: row }, at) => `\t${row}${at < rows.length - 1 ? ',' : ''}`), ')']
}

const range = (min: number, max: number) => (min === max ? `${min}` : `${min} to ${max}`)

function told({ key, served }: Api, versions: PeerVersions): string {
  const theirs = versions.get(key)
  if (!theirs) return 'UNSUPPORTED'
  const usable = Math.min(theirs.max, served.max)
  return `${range(theirs.min, theirs.max)} ${usable < Math.max(theirs.min, served.min) ? '[unusable]' : `[usable: ${usable}]`}`
}
