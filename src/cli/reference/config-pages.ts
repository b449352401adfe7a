// The pages about configurations, out of the tables.

import { brokerConfigs, clientMetricsConfigs, groupConfigs, type Key, type Table, topicConfigs } from '../../config/index.ts'
import { row, table } from './markdown.ts'
import type { Idle } from './without-effect.ts'

/** docs/reference/configs.md */
export function configsPage(): string {
  return [
    '# Configurations',
    '',
    'Made by `npm run docs` from the tables in `src/config`. Names, types, defaults and bounds are those of Apache Kafka 4.2; what is',
    "Odradek's own says so. Which of them change nothing yet is in [configs-without-effect.md](configs-without-effect.md).",
    '',
    ...section(
      'Broker',
      'In `server.properties`, as `--override`, or as a `KAFKA_*` variable. "Update" says how a running broker may change it.',
      brokerConfigs,
      brokerColumns,
    ),
    ...section(
      'Topic',
      'At creation, or altered later. "Broker" names the key that gives the default, with the factor of its unit.',
      topicConfigs,
      inheritedColumns,
    ),
    ...section('Group', "Altered for one group; the broker's key gives the default.", groupConfigs, inheritedColumns),
    ...section("Subscription to clients' metrics", 'Altered for one subscription (KIP-714).', clientMetricsConfigs, []),
  ].join('\n')
}

type Column = readonly [head: string, cell: (key: Key) => string]

const brokerColumns: readonly Column[] = [['update', (key) => (key.own ? `${key.update}; Odradek's own` : key.update)]]
const inheritedColumns: readonly Column[] = [
  ['broker', (key) => key.synonyms.map(({ name, times }) => `\`${name}\`${times === 1 ? '' : ` × ${times}`}`).join(', ')],
]

function section(title: string, about: string, keys: Table, more: readonly Column[]): string[] {
  const shown = Object.entries(keys).filter(([, key]) => !key.internal)
  const rows = shown
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, key]) =>
      row([`\`${name}\``, key.type, initial(key), allowed(key), key.importance, ...more.map(([, cell]) => cell(key)), key.doc]),
    )
  const heads = ['name', 'type', 'default', 'allowed', 'importance', ...more.map(([head]) => head), 'what it does']
  return [`## ${title}`, '', about, '', ...table(heads, rows), '']
}

/** The type's own bounds say nothing new. */
export const allowed = (key: Key) => (key.allowed.startsWith('a whole number') || key.allowed === 'a number' ? '' : key.allowed)

export function initial({ initial }: Key): string {
  if (initial === undefined) return 'must be given'
  if (initial === null) return 'none'
  return initial === '' ? 'empty' : `\`${initial}\``
}

/** docs/reference/configs-without-effect.md */
export function withoutEffectPage(idle: Idle): string {
  const lines = (title: string, keys: Table, names: readonly string[]) => [
    `## ${title} (${names.length} of ${Object.keys(keys).length})`,
    '',
    ...names.map((name) => `- \`${name}\``),
    '',
  ]
  return [
    '# Configurations without effect',
    '',
    "Made by `npm run docs`: no source outside of the tables reads these. They are accepted with Kafka's defaults and bounds, so that old",
    'files start and tools see what they expect; a broker whose file sets one to another value says so at its start.',
    '',
    ...lines('Broker', brokerConfigs, idle.broker),
    ...lines('Topic', topicConfigs, idle.topic),
    ...lines('Group', groupConfigs, idle.group),
  ].join('\n')
}
