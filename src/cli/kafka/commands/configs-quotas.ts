// Quotas of users, clients and addresses.

import type { QuotaEntityType } from '../../../client/admin/quotas.ts'
import { Failure } from '../failure.ts'
import type { ConfigTask, EntityType } from './configs-entities.ts'
import { oneOfType } from './configs-entities.ts'
import { configsToAdd, configsToDelete } from './configs-typed.ts'

const kinds: Readonly<Partial<Record<EntityType, QuotaEntityType>>> = { users: 'user', clients: 'client-id', ips: 'ip' }
/** In the order in which they are told. */
const told: readonly (readonly [QuotaEntityType, string])[] = [
  ['user', 'user-principal'],
  ['client-id', 'client-id'],
  ['ip', 'ip'],
]
const ofClients = ['producer_byte_rate', 'consumer_byte_rate', 'request_percentage', 'controller_mutation_rate']
const ofAddresses = ['connection_creation_rate']
const SCRAM = /^SCRAM-SHA-(256|512)$/

export async function describeQuotas({ admin, around, entities: { types, names } }: ConfigTask): Promise<void> {
  if (names.length > types.length) throw new Failure('More entity names specified than entity types')
  const filter = types.map((type, at) => ({ type: kinds[type]!, name: at < names.length ? names[at] || null : undefined }))
  for (const { entity, quotas } of await admin.describeClientQuotas(filter, { isStrict: true })) {
    const parts = told.flatMap(([kind, word]) => {
      const name = entity[kind]
      return name === undefined ? [] : [name === null ? `the default ${word}` : `${word} '${name}'`]
    })
    const values = Object.entries(quotas).map(([name, value]) => `${name}=${javaDouble(value)}`)
    around.print(`Quota configs for ${parts.join(', ')} are ${values.join(', ')}`)
  }
}

/** 1024.0 and 1.0E7, as Java prints them. */
function javaDouble(value: number): string {
  const size = Math.abs(value)
  if (size !== 0 && (size >= 1e7 || size < 1e-3)) {
    const [digits = '', exponent = ''] = value.toExponential().split('e')
    return `${digits.includes('.') ? digits : `${digits}.0`}E${Number(exponent)}`
  }
  return Number.isInteger(value) ? `${value}.0` : String(value)
}

export async function alterQuotas(task: ConfigTask): Promise<void> {
  const { found, admin, around, entities } = task
  const { types, names } = entities
  const added = await configsToAdd(found, around)
  const deleted = configsToDelete(found)
  checkNames(task, [...added.keys()], deleted)
  const filter = types.map((type, at) => ({ type: kinds[type]!, name: names[at] || null }))
  const before = (await admin.describeClientQuotas(filter, { isStrict: true }))[0]?.quotas ?? {}
  const missing = deleted.filter((name) => before[name] === undefined)
  if (missing.length > 0) throw new Failure(`Invalid config(s): ${missing.join(',')}`)
  const changes: Record<string, number | null> = Object.fromEntries(deleted.map((name) => [name, null]))
  for (const [name, text] of added) {
    if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text))
      throw new Failure(`Cannot parse quota configuration value for ${name}: ${text}`)
    changes[name] = Number(text)
  }
  const entity = Object.fromEntries(filter.map(({ type, name }) => [type, name]))
  ;(await admin.alterClientQuotas([{ entity, changes }])).all()
  const type = types[0]!
  around.print(
    names[0] === ''
      ? `Completed updating default config for ${type} in the cluster.`
      : `Completed updating config for ${oneOfType(type)} ${names[0]}.`,
  )
}

function checkNames({ entities: { types } }: ConfigTask, added: readonly string[], deleted: readonly string[]): void {
  if (types[0] === 'ips') {
    const strangers = [...added, ...deleted].filter((name) => !ofAddresses.includes(name))
    if (strangers.length === 0) return
    throw new Failure(
      `Only connection quota configs can be added for 'ips' using --bootstrap-server. Unexpected config names: ${strangers.join(',')}`,
    )
  }
  const isOfClient = types[0] === 'clients' || types.length === 2
  if (!isOfClient && [...added, ...deleted].some((name) => SCRAM.test(name))) {
    throw new Failure('SCRAM credentials are not supported by this command yet (docs/limits.md)')
  }
  const kind = isOfClient ? ['quota', 'clients'] : ['quota and SCRAM credential', 'users']
  for (const [names, done] of [
    [added, 'added'],
    [deleted, 'deleted'],
  ] as const) {
    const strangers = names.filter((name) => !ofClients.includes(name))
    if (strangers.length === 0) continue
    throw new Failure(
      `Only ${kind[0]} configs can be ${done} for '${kind[1]}' using --bootstrap-server. Unexpected config names: ${done === 'added' ? 'Set' : 'ArraySeq'}(${strangers.join(', ')})`,
    )
  }
}
