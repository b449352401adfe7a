// Which options of kafka-configs go together.

import { Failure, UsageFailure } from '../failure.ts'
import { count, forbid } from '../options/checks.ts'
import type { ConfigOptions } from './configs.ts'
import { defaultOptions, type EntityType, entitiesOf, entityTypes, namedOptions } from './configs-entities.ts'

const withDefaults: readonly EntityType[] = ['users', 'clients', 'brokers', 'ips']

export function checkConfigs(found: ConfigOptions): void {
  if (count(found, ['alter', 'describe']) !== 1)
    throw new UsageFailure('Command must include exactly one action: --describe, --alter')
  forbid(found, 'describe', ['add-config', 'delete-config'])
  const { types, names } = entitiesOf(found)
  checkTypes(types)
  const flags = [...namedOptions, ...defaultOptions].map(([option]) => option)
  if (count(found, ['entity-name', 'entity-type', 'entity-default']) > 0 && count(found, flags) > 0) {
    throw new Failure('--entity-{type,name,default} should not be used in conjunction with specific entity flags')
  }
  const connections = count(found, ['bootstrap-server', 'bootstrap-controller'])
  if (connections === 0) throw new Failure('Either --bootstrap-server or --bootstrap-controller must be specified.')
  if (connections > 1) throw new Failure('Only one of --bootstrap-server or --bootstrap-controller can be specified')
  const hasName = names.some((name) => name !== '')
  if (hasName) checkNames(found, types)
  if (found.has('describe')) checkDescribe(found, types, hasName)
  else checkAlter(found, types, names)
}

function checkTypes(types: readonly EntityType[]): void {
  const twice = types.filter((type, at) => types.indexOf(type) !== at)
  if (twice.length > 0) throw new Failure(`Duplicate entity type(s) specified: ${twice.join(',')}`)
  for (const type of types) {
    if (!entityTypes.includes(type)) {
      throw new Failure(
        `Invalid entity type ${type}, the entity type must be one of ${entityTypes.join(', ')} with a --bootstrap-server or --bootstrap-controller argument`,
      )
    }
  }
  if (types.length === 0) throw new Failure('At least one entity type must be specified')
  if (types.length > 1 && !types.every((type) => type === 'users' || type === 'clients')) {
    throw new Failure("Only 'users' and 'clients' entity types may be specified together")
  }
}

function checkNames(found: ConfigOptions, types: readonly EntityType[]): void {
  if (types.includes('brokers') || types.includes('broker-loggers')) {
    for (const option of ['entity-name', 'broker', 'broker-logger'] as const) {
      const id = found.has(option) ? found.text(option)! : '0'
      if (!/^[+-]?\d{1,10}$/.test(id)) {
        throw new Failure(`The entity name for ${types[0]} must be a valid integer broker id, but it is: ${id}`)
      }
    }
  }
  if (!types.includes('ips')) return
  for (const option of ['entity-name', 'ip'] as const) {
    const ip = found.has(option) ? found.text(option)! : '::1'
    if (!isAddress(ip))
      throw new Failure(`The entity name for ${types[0]} must be a valid IP or resolvable host, but it is: ${ip}`)
  }
}

/** An IPv4 or IPv6 address; names are left to the brokers, as long as they could be one. */
function isAddress(text: string): boolean {
  const numbers = /^(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text)
  if (numbers) return numbers.slice(1).every((number) => Number(number) <= 255)
  if (text.includes(':')) return /^[0-9a-fA-F:]+(?:\d+\.\d+\.\d+\.\d+)?$/.test(text)
  return /^(?=.*[a-zA-Z])[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?(\.[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?)*$/.test(text)
}

function checkDescribe(found: ConfigOptions, types: readonly EntityType[], hasName: boolean): void {
  if (!types.some((type) => withDefaults.includes(type)) && found.has('entity-default')) {
    throw new Failure(`--entity-default must not be specified with --describe of ${types.join(',')}`)
  }
  if (types.includes('broker-loggers') && !hasName) {
    throw new Failure(`An entity name must be specified with --describe of ${types.join(',')}`)
  }
}

function checkAlter(found: ConfigOptions, types: readonly EntityType[], names: readonly string[]): void {
  if (types.some((type) => withDefaults.includes(type))) {
    if (names.length === 0)
      throw new Failure('An entity-name or default entity must be specified with --alter of users, clients, brokers or ips')
  } else if (!names.some((name) => name !== ''))
    throw new Failure(`An entity name must be specified with --alter of ${types.join(',')}`)
  if (found.has('add-config') && found.has('add-config-file'))
    throw new Failure('Only one of --add-config or --add-config-file must be specified')
  if (count(found, ['add-config', 'add-config-file', 'delete-config']) === 0) {
    throw new Failure('At least one of --add-config, --add-config-file, or --delete-config must be specified with --alter')
  }
}
