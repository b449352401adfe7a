// The pages about the protocol, out of its tables.

import { apis } from '../../protocol/api.ts'
import { errors } from '../../protocol/errors.ts'
import { row, table } from './markdown.ts'

/** docs/reference/errors.md */
export function errorsPage(): string {
  const rows = errors.map(({ code, name, retriable, meaning }) => row([String(code), name, retriable ? 'yes' : 'no', meaning]))
  return [
    '# Error codes',
    '',
    "Made by `npm run docs` from `src/protocol/errors.ts`. Numbers and names are Kafka's.",
    '',
    ...table(['code', 'name', 'worth a retry', 'meaning'], rows),
    '',
  ].join('\n')
}

/** docs/reference/apis.md */
export function apisPage(): string {
  const rows = apis
    .filter(({ listeners }) => listeners.length > 0)
    .map(({ key, name, served, advertised, flexible, listeners, forwarded }) =>
      row([
        String(key),
        name,
        `${served.min}-${served.max}`,
        `${advertised.min}-${advertised.max}`,
        Number.isFinite(flexible.min) && flexible.min <= served.max ? `${flexible.min}+` : 'none',
        listeners.join(', '),
        forwarded ? 'yes' : '',
      ]),
    )
  return [
    '# APIs of Kafka 4.2',
    '',
    'Made by `npm run docs` from `src/protocol/api.ts`: what Apache Kafka 4.2 answers, and what Odradek can encode and decode. Which of',
    'them a broker of this version serves is in [../compatibility.md](../compatibility.md).',
    '',
    ...table(['key', 'name', 'versions', 'told by ApiVersions', 'flexible', 'listeners', 'handed to the controller'], rows),
    '',
  ].join('\n')
}
