// Which APIs are served, beside what Apache Kafka 4.2 tells, and who judges each.

import { ByteReader } from '../../base/bytes.ts'
import { type Api, apiByKey, apis } from '../../protocol/api.ts'
import { codec } from '../../protocol/codec.ts'
import { readResponseHeader } from '../../protocol/header.ts'
import { ApiVersionsResponse } from '../../protocol/messages/api-versions.ts'
import { judgedBy } from './judges.ts'
import { row, table } from './markdown.ts'

/** What a broker says in ApiVersions of one API. */
export interface Told {
  readonly apiKey: number
  readonly minVersion: number
  readonly maxVersion: number
}

/** Of an exchange recorded with Apache Kafka 4.2: test/data/golden-wire.json.gz holds them. */
export interface Recorded {
  /** group/name */
  readonly id: string
  readonly apiKey: number
  readonly version: number
  readonly response: Uint8Array
}

/** docs/compatibility.md. `ours`: what this broker answers to ApiVersions. */
export function compatibilityPage(ours: readonly Told[], recorded: readonly Recorded[]): string {
  const apache = new Map(apachesAnswer(recorded).map((told) => [told.apiKey, told]))
  const served = ours.map((told) => ({ api: apiByKey(told.apiKey)!, told }))
  const equal = served.filter(({ told }) => versions(told) === versions(apache.get(told.apiKey)))
  return [
    '# Compatibility',
    '',
    'Made by `npm run docs` out of three things: what a started broker answers to ApiVersions, what Apache Kafka 4.2 answered to it (a',
    'recorded answer), and the list of judges in `src/cli/reference/judges.ts`. A test fails when this page is stale.',
    '',
    `${served.length} APIs are served, ${equal.length} of them in exactly the versions that Apache Kafka 4.2 tells. What differs in behaviour is in`,
    '[limits.md](limits.md).',
    '',
    '- "recorded": the group of recorded exchanges and how many answers of this API it holds; the `golden` judge replays them.',
    '- "also judged by": who of [test/interop](../test/interop/README.md) uses the API on the way.',
    '- Besides: every recorded answer of every API decodes and encodes to the same bytes, in `npm test`.',
    '',
    ...table(
      ['key', 'name', 'answered', 'told', 'Apache 4.2 tells', 'equal', 'recorded', 'also judged by'],
      served.map(({ api, told }) => servedRow(api, told, apache.get(api.key), recorded)),
    ),
    '',
    'Produce is answered from version 3; 0 is told because librdkafka switches features off otherwise. Apache Kafka does the same.',
    '',
    '## Not served yet',
    '',
    'A request for one of these closes the connection, as Kafka does with what it does not know; clients see from ApiVersions that they are absent.',
    '',
    ...missing('On listeners for clients:', 'broker', ours),
    ...missing('Between nodes, on controller listeners only:', 'controller', ours),
  ].join('\n')
}

/** What Apache Kafka 4.2 tells on a listener for clients. */
function apachesAnswer(recorded: readonly Recorded[]): readonly Told[] {
  const { apiKey, version, response } = recorded.find(({ id }) => id === 'apiversions/v3')!
  const reader = new ByteReader(response)
  readResponseHeader(reader, apiKey, version)
  return codec(ApiVersionsResponse, version).read(reader).apiKeys
}

function servedRow(api: Api, told: Told, apache: Told | undefined, recorded: readonly Recorded[]): string {
  const { golden = [], interop = [] } = judgedBy[api.name] ?? {}
  const counted = golden.map((group) => `${group} (${recorded.filter(isOf(api, group)).length})`)
  return row([
    String(api.key),
    api.name,
    `${api.served.min}-${api.served.max}`,
    versions(told),
    versions(apache),
    versions(told) === versions(apache) ? 'yes' : 'no',
    counted.join(', '),
    interop.join(', '),
  ])
}

const isOf =
  ({ key }: Api, group: string) =>
  ({ id, apiKey }: Recorded) =>
    apiKey === key && id.startsWith(`${group}/`)

const versions = (told: Told | undefined) => (told ? `${told.minVersion}-${told.maxVersion}` : 'none')

function missing(title: string, listener: 'broker' | 'controller', ours: readonly Told[]): string[] {
  const isServed = new Set(ours.map(({ apiKey }) => apiKey))
  const names = apis
    .filter(({ key, listeners }) => listeners.includes(listener) && !isServed.has(key))
    .filter(({ listeners }) => listener === 'broker' || !listeners.includes('broker'))
    .map(({ name }) => name)
  return [`${title} ${names.join(', ')}.`, '']
}
