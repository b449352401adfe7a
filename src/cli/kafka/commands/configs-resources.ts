// Configurations that brokers keep: of topics, brokers, loggers, groups and metrics of clients.

import { type ConfigEntry, type ConfigResource, type ConfigSource, resourceKey } from '../../../client/admin/configs.ts'
import { ClientError } from '../../../client/errors/index.ts'
import { Failure } from '../failure.ts'
import type { ConfigTask } from './configs-entities.ts'
import { type EntityType, oneOfType, resourceOf } from './configs-entities.ts'
import { configsToAdd, configsToDelete } from './configs-typed.ts'

export async function describeResource(task: ConfigTask): Promise<void> {
  const { found, around, entities } = task
  const type = entities.types[0]!
  const [name] = entities.names
  const isAll = found.has('all')
  if (name && !isAll && !(await exists(task, type, name))) {
    around.print(`The ${oneOfType(type)} '${name}' doesn't exist and doesn't have dynamic config.`)
    return
  }
  for (const each of name === undefined ? await allNames(task, type) : [name]) {
    if (each === '') around.print(`Default configs for ${type} in the cluster are:`)
    else around.print(`${isAll ? 'All' : 'Dynamic'} configs for ${oneOfType(type)} ${each} are:`)
    for (const entry of await entriesOf(task, type, each, isAll)) around.print(entryLine(entry))
  }
}

function entryLine({ name, value, isSensitive, synonyms }: ConfigEntry): string {
  const from = synonyms.map((synonym) => `${synonym.source}:${synonym.name}=${synonym.value}`).join(', ')
  return `  ${name}=${value} sensitive=${isSensitive} synonyms={${from}}`
}

async function allNames({ admin }: ConfigTask, type: EntityType): Promise<readonly string[]> {
  if (type === 'topics') return (await admin.listTopics()).map(({ name }) => name).sort()
  if (type === 'brokers' || type === 'broker-loggers') {
    const ids = (await admin.describeCluster()).nodes.map(({ id }) => id).sort((a, b) => a - b)
    return [...ids.map(String), '']
  }
  const listed = await admin.listConfigResources([resourceOf[type]!]).catch((thrown: unknown) => {
    if (thrown instanceof ClientError && thrown.code === 'UNSUPPORTED_VERSION') return []
    throw thrown
  })
  const named = new Set(listed.map(({ name }) => name))
  if (type === 'groups') for (const { groupId } of await admin.listGroups()) named.add(groupId)
  return [...named].sort()
}

/** Whether there is one, or it has configurations all the same. */
async function exists(task: ConfigTask, type: EntityType, name: string): Promise<boolean> {
  if (type === 'broker-loggers') return (await allNames(task, 'brokers')).includes(name)
  return (await allNames(task, type)).includes(name)
}

/** Those that were set for it, or all that it has. */
async function entriesOf({ admin }: ConfigTask, type: EntityType, name: string, isAll: boolean): Promise<readonly ConfigEntry[]> {
  const resource: ConfigResource = { type: resourceOf[type]!, name }
  const entries = (await admin.describeConfigs([resource], { includeSynonyms: true })).get(resourceKey(resource)) ?? []
  const own = ownSource(type, name)
  return entries.filter(({ source }) => isAll || own === null || source === own).sort((a, b) => (a.name < b.name ? -1 : 1))
}

function ownSource(type: EntityType, name: string): ConfigSource | null {
  switch (type) {
    case 'topics':
      return 'DYNAMIC_TOPIC_CONFIG'
    case 'brokers':
      return name === '' ? 'DYNAMIC_DEFAULT_BROKER_CONFIG' : 'DYNAMIC_BROKER_CONFIG'
    case 'client-metrics':
      return 'DYNAMIC_CLIENT_METRICS_CONFIG'
    case 'groups':
      return 'DYNAMIC_GROUP_CONFIG'
    default:
      return null
  }
}

export async function alterResource(task: ConfigTask): Promise<void> {
  const { found, admin, around, entities } = task
  const type = entities.types[0]!
  const name = entities.names[0]!
  const added = await configsToAdd(found, around)
  const deleted = configsToDelete(found)
  const known = new Set((await entriesOf(task, type, name, false)).map((entry) => entry.name))
  if (type === 'broker-loggers') {
    const strangers = [...deleted, ...added.keys()].filter((logger) => !known.has(logger))
    if (strangers.length > 0) throw new Failure(`Invalid broker logger(s): ${strangers.join(',')}`)
  } else {
    const missing = deleted.filter((config) => !known.has(config))
    if (missing.length > 0) throw new Failure(`Invalid config(s): ${missing.join(',')}`)
  }
  const changes = [
    ...[...added].map(([config, value]) => ({ name: config, operation: 'set' as const, value })),
    ...deleted.map((config) => ({ name: config, operation: 'delete' as const, value: '' })),
  ]
  ;(await admin.incrementalAlterConfigs([{ resource: { type: resourceOf[type]!, name }, changes }])).all()
  around.print(
    name === ''
      ? `Completed updating default config for ${type} in the cluster.`
      : `Completed updating config for ${oneOfType(type)} ${name}.`,
  )
}
