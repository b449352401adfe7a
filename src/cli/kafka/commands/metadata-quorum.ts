// kafka-metadata-quorum: the controllers of a cluster, shown, and added to and removed from the voters.

import type { Admin } from '../../../client/admin/admin.ts'
import type { QuorumDescription, QuorumReplica } from '../../../client/admin/quorum.ts'
import { withAdmin } from '../client.ts'
import type { Surroundings } from '../command.ts'
import { Failure } from '../failure.ts'
import type { Arguments } from '../options/argparse.ts'
import { printTable } from '../table.ts'
import { tool } from '../tool.ts'
import { parseUuid } from '../uuid.ts'
import { controllerOf } from './controller-file.ts'

const dryRun = { flags: ['--dry-run'], about: 'Only say what would be done.', kind: 'flag' } as const

export const metadataQuorum = tool(
  {
    name: 'kafka-metadata-quorum',
    examples: [
      'kafka-metadata-quorum --bootstrap-server localhost:9092 describe --status',
      'kafka-metadata-quorum --bootstrap-server localhost:9092 describe --replication --human-readable',
      'kafka-metadata-quorum --command-config controller.properties --bootstrap-server localhost:9092 add-controller',
      'kafka-metadata-quorum --bootstrap-server localhost:9092 remove-controller --controller-id 3 --controller-directory-id 4kzfaHpXQ2uVzJ6xCNxL4w',
    ],
    about: 'This tool describes kraft metadata quorum status.',
    arguments: [
      {
        flags: ['--command-config'],
        about: 'A file of properties for the client; with add-controller the file of the controller.',
      },
      { flags: ['--bootstrap-server'], about: 'Brokers as host:port, separated by commas.' },
      { flags: ['--bootstrap-controller'], about: 'Controllers as host:port, separated by commas; in place of brokers.' },
    ],
    oneOf: [['bootstrap-server', 'bootstrap-controller']],
    commands: {
      describe: {
        about: 'Describe the metadata quorum info',
        arguments: [
          { flags: ['--status'], about: 'Who leads, and how far the followers are.', kind: 'flag' },
          { flags: ['--replication'], about: 'Each controller and broker, and how far it is.', kind: 'flag' },
          { flags: ['--human-readable'], about: 'With --replication: how long ago instead of times.', kind: 'flag' },
        ],
      },
      'add-controller': { about: 'Add a controller to the KRaft controller cluster', arguments: [dryRun] },
      'remove-controller': {
        about: 'Remove a controller from the KRaft controller cluster',
        arguments: [
          { flags: ['--controller-id', '-i'], about: 'The id of the controller to remove.', kind: 'integer', isRequired: true },
          {
            flags: ['--controller-directory-id', '-d'],
            about: 'The directory ID of the controller to remove.',
            isRequired: true,
          },
          dryRun,
        ],
      },
    },
  },
  async (found, around) => {
    const config = found.text('command-config')
    if (config !== undefined && (await around.readText(config)) === null)
      throw new Failure(`Properties file ${config} does not exists!`)
    const bootstrapServers = found.text('bootstrap-server')
    const bootstrapControllers = found.text('bootstrap-controller')
    return withAdmin({ bootstrapServers, bootstrapControllers, config }, around, async (admin) => {
      if (found.command === 'describe') await describe(found, admin, around)
      else if (found.command === 'add-controller') await add(found, admin, around)
      else await remove(found, admin, around)
      return 0
    })
  },
)

async function describe(found: Arguments, admin: Admin, around: Surroundings): Promise<void> {
  if (found.has('status') && found.has('replication')) {
    throw new Failure('Only one of --status or --replication should be specified with describe sub-command')
  }
  if (found.has('replication')) return printReplication(await admin.describeQuorum(), found.has('human-readable'), around)
  if (!found.has('status')) throw new Failure('One of --status or --replication must be specified with describe sub-command')
  if (found.has('human-readable')) throw new Failure('The option --human-readable is only supported along with --replication')
  const { clusterId } = await admin.describeCluster()
  printStatus(clusterId, await admin.describeQuorum(), around)
}

function leaderOf({ voters, leaderId }: QuorumDescription): QuorumReplica {
  const leader = voters.find(({ id }) => id === leaderId)
  if (!leader) throw new Failure('No value present')
  return leader
}

function printStatus(clusterId: string, quorum: QuorumDescription, around: Surroundings): void {
  const leader = leaderOf(quorum)
  const last = quorum.voters.reduce((least, voter) => (voter.logEndOffset < least.logEndOffset ? voter : least))
  const caughtUp = [leader.lastCaughtUpTimestamp, last.lastCaughtUpTimestamp]
  const lagTime = last === leader ? 0 : caughtUp.includes(null) ? -1 : caughtUp[0]! - caughtUp[1]!
  for (const [name, value] of [
    ['ClusterId', clusterId],
    ['LeaderId', quorum.leaderId],
    ['LeaderEpoch', quorum.leaderEpoch],
    ['HighWatermark', quorum.highWatermark],
    ['MaxFollowerLag', leader.logEndOffset - last.logEndOffset],
    ['MaxFollowerLagTimeMs', lagTime],
    ['CurrentVoters', replicasText(quorum, quorum.voters)],
    ['CurrentObservers', replicasText(quorum, quorum.observers)],
  ] as const) {
    around.print(`${`${name}:`.padEnd(24)}${value}`)
  }
}

function replicasText({ endpoints }: QuorumDescription, replicas: readonly QuorumReplica[]): string {
  const texts = replicas.map(({ id, directoryId }) => {
    const where = (endpoints.get(id) ?? []).map(
      ({ name, host, port }) => `"${name}://${host.includes(':') ? `[${host}]` : host}:${port}"`,
    )
    const facts = [`"id": ${id}`, `"directoryId": ${directoryId === null ? 'null' : `"${directoryId}"`}`]
    return `{${[...facts, ...(where.length > 0 ? [`"endpoints": [${where.join(', ')}]`] : [])].join(', ')}}`
  })
  return `[${texts.join(', ')}]`
}

const heads = ['NodeId', 'DirectoryId', 'LogEndOffset', 'Lag', 'LastFetchTimestamp', 'LastCaughtUpTimestamp', 'Status']
const NO_DIRECTORY = 'AAAAAAAAAAAAAAAAAAAAAA'

function printReplication(quorum: QuorumDescription, isHuman: boolean, around: Surroundings): void {
  const leader = leaderOf(quorum)
  const now = around.clock.now()
  const time = (timestamp: number | null) =>
    timestamp === null ? '-1' : isHuman ? `${Math.max(0, now - timestamp)} ms ago` : String(timestamp)
  const rowOf = (replica: QuorumReplica, status: string) => [
    String(replica.id),
    replica.directoryId ?? NO_DIRECTORY,
    String(replica.logEndOffset),
    String(leader.logEndOffset - replica.logEndOffset),
    time(replica.lastFetchTimestamp),
    time(replica.lastCaughtUpTimestamp),
    status,
  ]
  const rows = [
    rowOf(leader, 'Leader'),
    ...quorum.voters.filter(({ id }) => id !== leader.id).map((voter) => rowOf(voter, 'Follower')),
    ...quorum.observers.map((observer) => rowOf(observer, 'Observer')),
  ]
  printTable(heads, rows, (line) => around.print(line))
}

async function add(found: Arguments, admin: Admin, around: Surroundings): Promise<void> {
  const path = found.text('command-config')
  if (path === undefined)
    throw new Failure('You must supply the configuration file of the controller you are adding when using add-controller.')
  const controller = await controllerOf(path, around)
  if (!found.has('dry-run')) await admin.addRaftVoter(controller)
  const where = controller.endpoints.map(({ name, host, port }) => `${name}://${host.includes(':') ? `[${host}]` : host}:${port}`)
  const done = found.has('dry-run') ? 'DRY RUN of adding' : 'Added'
  around.print(
    `${done} controller ${controller.id} with directory id ${controller.directoryId} and endpoints: ${where.join(', ')}`,
  )
}

async function remove(found: Arguments, admin: Admin, around: Surroundings): Promise<void> {
  const id = Number(found.text('controller-id'))
  if (id < 0) throw new Failure(`Invalid negative --controller-id: ${id}`)
  let directoryId: string
  try {
    directoryId = parseUuid(found.text('controller-directory-id')!)
  } catch (thrown) {
    throw new Failure(`Failed to parse --controller-directory-id: ${(thrown as Error).message}`)
  }
  if (!found.has('dry-run')) await admin.removeRaftVoter({ id, directoryId })
  around.print(
    `${found.has('dry-run') ? 'DRY RUN of removing ' : 'Removed '} KRaft controller ${id} with directory id ${directoryId}`,
  )
}
