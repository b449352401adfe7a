// kafka-groups: groups of every type.

import type { GroupListing } from '../../../client/admin/groups.ts'
import { withAdmin } from '../client.ts'
import { row, widthOf } from '../columns.ts'
import { command } from '../command.ts'
import { Failure, UsageFailure } from '../failure.ts'
import { javaMessage } from '../java.ts'
import { forbid } from '../options/checks.ts'
import { bootstrapServer, commandConfig, common, flag, text } from '../options/table.ts'

const options = {
  ...common,
  'bootstrap-server': { ...bootstrapServer, isRequired: true },
  'command-config': commandConfig,
  list: flag('List groups.'),
  'group-type': text('type', 'Only this type: classic, consumer, share or streams.'),
  protocol: text('protocol', 'Only groups of this protocol type.'),
  consumer: flag('Only consumer groups: of type consumer, and of type classic whose protocol is consumer or empty.'),
  share: flag('Only share groups.'),
  streams: flag('Only streams groups.'),
}

const types = ['Classic', 'Consumer', 'Share', 'Streams']

export const groups = command({
  options,
  examples: [
    'kafka-groups --bootstrap-server localhost:9092 --list',
    'kafka-groups --bootstrap-server localhost:9092 --list --group-type share',
  ],
  about: 'This tool helps to list groups of all types.',
  helpsWithTrouble: true,
  check(found) {
    if (!found.has('list')) throw new UsageFailure('Command must include exactly one action: --list.')
    forbid(found, 'consumer', ['group-type', 'protocol', 'share', 'streams'])
    forbid(found, 'share', ['consumer', 'group-type', 'protocol', 'streams'])
    forbid(found, 'streams', ['consumer', 'group-type', 'protocol', 'share'])
    typeOf(found.text('group-type'))
  },
  run(found, around) {
    const type = typeOf(found.text('group-type'))
    const protocol = found.text('protocol')
    const isWanted = (group: GroupListing) => {
      if (found.has('consumer'))
        return group.type === 'Consumer' || (group.type === 'Classic' && ['consumer', ''].includes(group.protocolType))
      if (found.has('share')) return group.type === 'Share'
      if (found.has('streams')) return group.type === 'Streams'
      return (type === undefined || group.type === type) && (protocol === undefined || group.protocolType === protocol)
    }
    const bootstrapServers = found.text('bootstrap-server')!
    return withAdmin({ bootstrapServers, config: found.text('command-config') }, around, async (admin) => {
      const listed = (await admin.listGroups()).filter(isWanted)
      const widths = [
        widthOf(
          20,
          listed.map(({ groupId }) => groupId),
        ),
        20,
        20,
      ]
      around.print(row(widths, ['GROUP', 'TYPE', 'PROTOCOL']))
      // A blank stands behind the last cell of each, too.
      for (const group of listed) around.print(`${row(widths, [group.groupId, group.type, group.protocolType])} `)
      return 0
    })
  },
  explain(error, around) {
    around.print(`Error while executing groups command : ${javaMessage(error)}`)
    return 1
  },
})

function typeOf(typed: string | undefined): string | undefined {
  if (typed === undefined) return undefined
  const type = types.find((each) => each.toLowerCase() === typed.toLowerCase())
  if (!type) throw new Failure('--group-type must be a valid group type.')
  return type
}
