// The page about the options of clients, out of their tables.

import { adminOptions } from '../../config/client/admin.ts'
import { commonOptions } from '../../config/client/common.ts'
import { consumerOptions } from '../../config/client/consumer.ts'
import { absentOptions, type ClientKind, otherDefaults } from '../../config/client/kafka.ts'
import { kafkaName } from '../../config/client/names.ts'
import { producerOptions } from '../../config/client/producer.ts'
import { securityOptions } from '../../config/client/security.ts'
import { shareConsumerOptions } from '../../config/client/share-consumer.ts'
import type { Key, Table } from '../../config/index.ts'
import { allowed, initial } from './config-pages.ts'
import { row, table } from './markdown.ts'

/** The tables that clients read their options by, as each of them has it besides the common ones. */
const sections: readonly (readonly [title: string, about: string, keys: Table])[] = [
  ['Every client', 'Where the cluster is, and how patient to be.', without(commonOptions, securityOptions)],
  [
    'TLS and logins',
    'Of every client. `sasl`, which only a program can give, says who it is as an object: `{ username, password }`, `{ token }`, a function that gives one, or `{ mechanism, authenticate }`.',
    securityOptions,
  ],
  ['Producer', '`new Producer({ ... })`', without(producerOptions, commonOptions)],
  ['Consumer', '`new Consumer({ ... })`', without(consumerOptions, commonOptions)],
  ['Share consumer', '`new ShareConsumer({ ... })`', without(shareConsumerOptions, commonOptions)],
  ['Admin client', '`new Admin({ ... })`', without(adminOptions, commonOptions)],
]

/** docs/reference/client-options.md */
export function clientOptionsPage(): string {
  return [
    '# Options of the clients',
    '',
    'Made by `npm run docs` from the tables in `src/config/client`, which the clients of `odradek/client` read their options, and what is left out, by.',
    "Names, types and defaults are those of Apache Kafka 4.2, the names in camelCase; what is Odradek's own, or has another default, says so. An option that is",
    'none is refused by its name. Serializers, listeners and the like, which are functions and objects, stand with the types of each client (`ProducerConfig` and so on).',
    '',
    ...sections.flatMap(([title, about, keys]) => section(title, about, keys)),
    "## Kafka's options that are none here",
    '',
    ...table(['name', 'of', 'why, or what there is instead'], absentOptions.map(absentRow)),
    '',
  ].join('\n')
}

/** The entries that the other table does not have just so. */
function without(keys: Table, others: Table): Table {
  return Object.fromEntries(Object.entries(keys).filter(([name, key]) => others[name] !== key))
}

function section(title: string, about: string, keys: Table): string[] {
  const rows = Object.entries(keys)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, key]) =>
      row([`\`${name}\``, kafkas(name, key), key.type, standing(name, key), unitOf(name), allowed(key), key.doc]),
    )
  return [
    `## ${title}`,
    '',
    about,
    '',
    ...table(['option', "Kafka's name", 'type', 'default', 'unit', 'allowed', 'what it does'], rows),
    '',
  ]
}

const kafkas = (name: string, { own }: Key) => (own ? "Odradek's own" : `\`${kafkaName(name)}\``)

function standing(name: string, key: Key): string {
  const [theirs, why] = otherDefaults[kafkaName(name)] ?? []
  return theirs === undefined ? initial(key) : `${initial(key)}; Kafka's is \`${theirs}\`: ${why}`
}

/** As the name says it. */
function unitOf(name: string): string {
  if (name.endsWith('Ms')) return 'milliseconds'
  if (name.endsWith('Seconds')) return 'seconds'
  if (/(Bytes|Memory|Size)$/.test(name)) return 'bytes'
  if (name.endsWith('Records')) return 'records'
  return ''
}

const clients: Readonly<Record<ClientKind, string>> = {
  producer: 'producer',
  consumer: 'consumer',
  shareConsumer: 'share consumer',
  admin: 'admin client',
}

const absentRow = ({ names, of, why }: (typeof absentOptions)[number]) =>
  row([
    names.map((name) => `\`${name}\``).join(', '),
    of ? of.map((client) => clients[client]).join(', ') : 'every client that has it there',
    why,
  ])
