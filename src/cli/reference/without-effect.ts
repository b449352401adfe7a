// Which configurations no source reads: found by looking for their names, so that none is silently taken.

import { brokerConfigs, groupConfigs, type Table, topicConfigs } from '../../config/index.ts'

/** Names, sorted. */
export interface Idle {
  readonly broker: readonly string[]
  readonly topic: readonly string[]
  readonly group: readonly string[]
}

/** Files that name keys without heeding them: the tables, their printing, profiles, checks. */
const NOT_READERS =
  /^config\/(broker\/.*|client\/.*|topic|group|client-metrics|quotas|describe|profiles|validate|environment|without-effect)\.ts$|^cli\/|\.test\.ts$/

/**
 * The keys that appear as a text in no file of `sources` (path below src/ and content). A broker's key also counts as read where a topic's
 * or group's key that inherits from it is.
 */
export function withoutEffect(sources: ReadonlyMap<string, string>): Idle {
  const read = new Set<string>()
  for (const [path, text] of sources) {
    if (NOT_READERS.test(path)) continue
    // A name of one word, such as preallocate, can be read as a property.
    for (const found of text.matchAll(/'([a-z][a-z0-9.]*)'|\.([a-z]+)\b/g)) read.add(found[1] ?? found[2] ?? '')
  }
  for (const keys of [topicConfigs, groupConfigs] as Table[]) {
    for (const [name, key] of Object.entries(keys)) {
      if (read.has(name)) for (const synonym of key.synonyms) read.add(synonym.name)
    }
  }
  const idle = (keys: Table) =>
    Object.keys(keys)
      .filter((name) => !read.has(name))
      .sort()
  return { broker: idle(brokerConfigs), topic: idle(topicConfigs), group: idle(groupConfigs) }
}

/** src/config/without-effect.ts, before the formatter has seen it. */
export function withoutEffectSource({ broker, topic, group }: Idle): string {
  const set = (name: string, what: string, names: readonly string[]) => [
    `/** ${what} configurations that are accepted and change nothing yet. */`,
    `export const ${name}: ReadonlySet<string> = new Set([${names.map((one) => `'${one}'`).join(', ')}])`,
    '',
  ]
  return [
    '// Made by `npm run docs` from what the sources read; do not edit.',
    '',
    ...set('brokerKeysWithoutEffect', 'Broker', broker),
    ...set('topicKeysWithoutEffect', 'Topic', topic),
    ...set('groupKeysWithoutEffect', 'Group', group),
  ].join('\n')
}
