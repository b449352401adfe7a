// How the commands for people get into a cluster: where its brokers are, and a file of Kafka's own properties that says how they are spoken to.

import type { Command } from 'commander'
import { Admin } from '../../client/admin/admin.ts'
import { adminOptions } from '../../config/client/admin.ts'
import { parseProperties } from '../../config/properties.ts'
import { type Options, optionsOf } from '../kafka/client.ts'
import { Failure } from '../kafka/failure.ts'
import { UsageError } from '../usage.ts'
import type { People } from './surroundings.ts'
import { tellingPlatform } from './unreachable.ts'

export interface EntranceFlags {
  readonly bootstrapServer?: string
  readonly commandConfig?: string
}

const USUAL_SERVER = 'localhost:9092'

export function withEntrance(command: Command): Command {
  return command
    .option(
      '-b, --bootstrap-server <servers>',
      `some brokers as host:port,... (else ODRADEK_BOOTSTRAP_SERVER, else ${USUAL_SERVER})`,
    )
    .option(
      '--command-config <file>',
      "a client.properties with Kafka's own keys, for TLS and logins (security.protocol=SASL_SSL, ...)",
    )
}

/** Out of Kafka's properties; a Failure where one of them cannot be kept. */
type OptionsOf = (properties: ReadonlyMap<string, string>) => Options

/**
 * What the clients of a command are given beside what its flags say. What the file says of other clients is left out, as Kafka's commands do. Throws a
 * UsageError for a file that is not there, and for what it asks for and the client does not have.
 */
export async function entranceOf(
  { bootstrapServer, commandConfig }: EntranceFlags,
  { terminal, desk }: People,
  read: OptionsOf = adminOptionsOf,
): Promise<Options & { readonly bootstrapServers: string }> {
  const options = commandConfig === undefined ? {} : await fileOptions(commandConfig, terminal.readText, read)
  const ofFile = options['bootstrapServers'] as string | undefined
  return {
    ...options,
    bootstrapServers: bootstrapServer ?? ofFile ?? (terminal.env['ODRADEK_BOOTSTRAP_SERVER'] || USUAL_SERVER),
    platform: tellingPlatform((line) => {
      desk.status('') // what is said has a line of its own
      terminal.complain(line)
    }),
  }
}

async function fileOptions(path: string, readText: People['terminal']['readText'], read: OptionsOf): Promise<Options> {
  const text = await readText(path)
  if (text === null) throw new UsageError(`there is no file ${path}`)
  try {
    return read(parseProperties(text))
  } catch (thrown) {
    throw thrown instanceof Failure ? new UsageError(`${path}: ${thrown.message}`) : thrown
  }
}

const adminOptionsOf: OptionsOf = (properties) => optionsOf(properties, adminOptions)

/** Runs `use` with an admin client, and closes it. */
export async function withAdmin<T>(flags: EntranceFlags, people: People, use: (admin: Admin) => Promise<T>): Promise<T> {
  const options = await entranceOf(flags, people)
  await using admin = new Admin(options as unknown as ConstructorParameters<typeof Admin>[0])
  return await use(admin)
}
