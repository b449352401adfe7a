// `odradek groups`: who reads what, and how far behind.

import type { Command } from 'commander'
import type { Admin } from '../../client/admin/admin.ts'
import { partitionKey } from '../../client/admin/outcomes.ts'
import { examples } from '../usage.ts'
import { withAdmin } from './entrance.ts'
import { groupLags, wholeLag } from './group-lags.ts'
import { harmless } from './harmless.ts'
import { type CommonFlags, listOf, type People, requireKnown, withCommonFlags } from './surroundings.ts'
import { type Cell, grouped, tableLines } from './table.ts'

export function addGroups(odradek: Command, people: People): void {
  const groups = odradek
    .command('groups')
    .summary('list, describe and delete consumer groups, with their lag')
    .description('Consumer groups: their members, and how far behind they are.')
    .addHelpText(
      'after',
      examples('odradek groups', 'odradek groups describe shop', 'odradek groups delete shop', 'odradek groups --json'),
    )
  withCommonFlags(listOf(groups))
    .description('List groups with state, members and lag (the default).')
    .addHelpText('after', examples('odradek groups', 'odradek groups list --json'))
    .action((flags: CommonFlags) => withAdmin(flags, people, (admin) => list(admin, flags, people)))
  withCommonFlags(groups.command('describe'))
    .description('Show what a group has committed in each partition, how far behind it is, and who reads it.')
    .argument('<groups...>', 'their names')
    .addHelpText('after', examples('odradek groups describe shop', 'odradek groups describe shop --json'))
    .action((names: readonly string[], flags: CommonFlags) =>
      withAdmin(flags, people, (admin) => describe(admin, names, flags, people)),
    )
  withCommonFlags(groups.command('delete'))
    .description('Delete groups without members, with what they have committed.')
    .argument('<groups...>', 'their names')
    .addHelpText('after', examples('odradek groups delete shop'))
    .action((names: readonly string[], flags: CommonFlags) =>
      withAdmin(flags, people, async (admin) => {
        await requireGroups(admin, names)
        ;(await admin.deleteGroups(names)).all()
        if (flags.json) people.terminal.print(JSON.stringify({ deleted: names }))
        else for (const name of names) people.terminal.print(`deleted ${name}`)
      }),
    )
}

/** Those of which there is a lag. */
const KINDS = ['Classic', 'Consumer', '']

async function consumerGroups(admin: Admin) {
  return (await admin.listGroups()).filter(
    ({ type, protocolType }) => KINDS.includes(type) && ['consumer', ''].includes(protocolType),
  )
}

async function requireGroups(admin: Admin, names: readonly string[]): Promise<void> {
  const known = (await admin.listGroups()).map(({ groupId }) => groupId)
  requireKnown('group', names, known)
}

const lagCell = (lag: number | null): Cell => (lag === null ? null : { text: lag, color: lag === 0 ? 'green' : 'yellow' })

async function list(admin: Admin, { json }: CommonFlags, { terminal, desk }: People): Promise<void> {
  const found = await consumerGroups(admin)
  const described = await admin.describeConsumerGroups(found.map(({ groupId }) => groupId))
  // None where it has gone meanwhile.
  const membersOf = (groupId: string) => described.values.get(groupId)?.members ?? []
  const lags = await groupLags(
    admin,
    found.map(({ groupId }) => ({ groupId, members: membersOf(groupId) })),
  )
  const rows = found.map(({ groupId, state }) => {
    const partitions = lags.get(groupId)!
    const topics = [...new Set(partitions.map(({ topic }) => topic))]
    const now = described.values.get(groupId)?.state ?? state
    return { group: groupId, state: now, members: membersOf(groupId).length, lag: wholeLag(partitions), topics }
  })
  if (json) return terminal.print(JSON.stringify(rows))
  if (rows.length === 0) return terminal.print('there are no consumer groups')
  const cells = rows.map(({ group, state, members, lag, topics }) => [group, state, members, lagCell(lag), topics.join(',')])
  for (const line of tableLines(['GROUP', 'STATE', 'MEMBERS', 'LAG', 'TOPICS'], cells, desk)) terminal.print(line)
}

async function describe(
  admin: Admin,
  names: readonly string[],
  { json }: CommonFlags,
  { terminal, desk }: People,
): Promise<void> {
  await requireGroups(admin, names)
  const described = await admin.describeConsumerGroups(names)
  const found = names.map((name) => described.get(name)!)
  const lags = await groupLags(admin, found)
  const groups = found.map(({ groupId, state, members, assignor }) => {
    const owners = new Map(
      members.flatMap((member) => member.assignment.map((each) => [partitionKey(each.topic, each.partition), member] as const)),
    )
    const partitions = lags.get(groupId)!.map((each) => {
      const owner = owners.get(partitionKey(each.topic, each.partition))
      return {
        ...each,
        member: owner?.memberId ?? null,
        client: owner?.clientId ?? null,
        host: owner?.host.replace(/^\//, '') ?? null,
      }
    })
    return { group: groupId, state, assignor, members: members.length, lag: wholeLag(partitions), partitions }
  })
  if (json) return terminal.print(JSON.stringify(groups))
  for (const { group, state, members, lag, partitions } of groups) {
    terminal.print(
      `${harmless(group)}  ${state}, ${members === 1 ? '1 member' : `${members} members`}, lag ${lag === null ? 'not known' : grouped(lag)}`,
    )
    const rows = partitions.map((each) => [
      each.topic,
      each.partition,
      each.committed,
      each.end,
      lagCell(each.lag),
      each.client,
      each.host,
    ])
    for (const line of tableLines(['TOPIC', 'PARTITION', 'COMMITTED', 'END', 'LAG', 'CLIENT', 'HOST'], rows, desk, '  '))
      terminal.print(line)
  }
}
