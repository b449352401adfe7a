// The client that a command asks with, made of its options and of a file of Kafka's own properties.

import { Admin } from '../../client/admin/admin.ts'
import { adminOptions } from '../../config/client/admin.ts'
import { optionName } from '../../config/client/names.ts'
import { parseProperties } from '../../config/properties.ts'
import type { Surroundings } from './command.ts'
import { Failure } from './failure.ts'

type Options = Record<string, unknown>

/** Runs `use` with an admin client and closes it. `config` is the path of a file of properties. */
export async function withAdmin<T>(
  { bootstrapServers, config }: { readonly bootstrapServers: string; readonly config?: string | undefined },
  around: Surroundings,
  use: (admin: Admin) => Promise<T>,
): Promise<T> {
  const properties = config === undefined ? new Map<string, string>() : await readProperties(config, around)
  const admin = adminWith({ ...optionsOf(properties), bootstrapServers })
  try {
    return await use(admin)
  } finally {
    admin.close()
  }
}

/** The properties of a file; a Failure where there is none. */
export async function readProperties(path: string, around: Surroundings): Promise<Map<string, string>> {
  const text = await around.readText(path)
  if (text === null) throw new Failure(path)
  return parseProperties(text)
}

function adminWith(options: Options): Admin {
  try {
    return new Admin(options as unknown as ConstructorParameters<typeof Admin>[0])
  } catch (thrown) {
    throw new Failure(`Failed to create new KafkaAdminClient\nCaused by: ${(thrown as Error).message}`)
  }
}

/**
 * Options of ours out of Kafka's properties. What belongs to other clients is left out, as Kafka does; what would change who may see what is not, since a
 * client that went on without it would do so unprotected.
 */
function optionsOf(properties: ReadonlyMap<string, string>): Options {
  const options: Options = {}
  for (const [key, text] of properties) {
    const name = optionName(key)
    const known = (adminOptions as Readonly<Record<string, { readonly type: string }>>)[name]
    if (known) options[name] = valueFrom(known.type, text)
    else if (/^(security|ssl|sasl)\./.test(key)) {
      throw new Failure(`${key} is not supported: without it the connection would be protected less than the file asks for`)
    }
  }
  return options
}

function valueFrom(type: string, text: string): unknown {
  if (['int', 'long', 'short', 'double'].includes(type)) return Number(text)
  return type === 'boolean' ? text.trim() === 'true' : text
}
