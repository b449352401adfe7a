// The client that a command asks with, made of its options and of a file of Kafka's own properties.

import { Admin } from '../../client/admin/admin.ts'
import { adminOptions } from '../../config/client/admin.ts'
import { optionName } from '../../config/client/names.ts'
import { parseProperties } from '../../config/properties.ts'
import type { Surroundings } from './command.ts'
import { Failure } from './failure.ts'

export type Options = Record<string, unknown>

/** Where a command asks: brokers, or controllers where there are any here. */
export interface Entrance {
  readonly bootstrapServers?: string | undefined
  readonly bootstrapControllers?: string | undefined
  /** The path of a file of properties. */
  readonly config?: string | undefined
  /** What is said of one that is not there; its path alone where this is missing. */
  readonly noConfig?: (path: string) => string
}

/** Runs `use` with an admin client and closes it. */
export async function withAdmin<T>(
  { bootstrapServers, bootstrapControllers, config, noConfig }: Entrance,
  around: Surroundings,
  use: (admin: Admin) => Promise<T>,
): Promise<T> {
  const properties = config === undefined ? new Map<string, string>() : await readProperties(config, around, noConfig)
  const entrance = bootstrapControllers === undefined ? { bootstrapServers } : { bootstrapControllers }
  const admin = adminWith({ ...optionsOf(properties, adminOptions), ...entrance })
  try {
    return await use(admin)
  } finally {
    admin.close()
  }
}

/** The properties of a file; a Failure where there is none. */
export async function readProperties(
  path: string,
  around: Surroundings,
  missing = (name: string) => name,
): Promise<Map<string, string>> {
  const text = await around.readText(path)
  if (text === null) throw new Failure(missing(path))
  return parseProperties(text)
}

/** Properties as they are typed: key=value, where the value may be missing. */
export function typedProperties(words: readonly string[]): Map<string, string> {
  return new Map(
    words.map((word) => {
      const at = word.indexOf('=')
      return at < 0 ? [word, ''] : [word.slice(0, at), word.slice(at + 1)]
    }),
  )
}

function adminWith(options: Options): Admin {
  try {
    return new Admin(options as unknown as ConstructorParameters<typeof Admin>[0])
  } catch (thrown) {
    throw new Failure(`Failed to create new KafkaAdminClient\nCaused by: ${(thrown as Error).message}`)
  }
}

/** What changes the records themselves, or who gets them: a client that went on without it would do something else than it was asked for. */
const CHANGING = /^(interceptor\.classes|partitioner\.class)$/

/**
 * Options of ours, of this table, out of Kafka's properties. What belongs to other clients is left out, as Kafka does; what would change who may see what is
 * not, since a client that went on without it would do so unprotected.
 */
export function optionsOf(properties: ReadonlyMap<string, string>, table: object): Options {
  const options: Options = {}
  for (const [key, text] of properties) {
    const name = optionName(key)
    const known = Object.hasOwn(table, name) ? (table as Readonly<Record<string, { readonly type: string }>>)[name] : undefined
    if (known) options[name] = valueFrom(known.type, text)
    else if (/^(security|ssl|sasl)\./.test(key)) {
      throw new Failure(`${key} is not supported: without it the connection would be protected less than the file asks for`)
    } else if (CHANGING.test(key) && text.trim() !== '') throw new Failure(`${key}=${text} is not supported (docs/limits.md)`)
  }
  return options
}

function valueFrom(type: string, text: string): unknown {
  if (['int', 'long', 'short', 'double'].includes(type)) return Number(text)
  return type === 'boolean' ? text.trim() === 'true' : text
}
