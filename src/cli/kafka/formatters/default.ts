// The formatter that prints keys, values and whatever else its properties ask for.

import { deserializerOf, type TextDeserializer } from './deserializers.ts'
import type { FormattedRecord, Formatter, MakeFormatter, Sink } from './formatter.ts'

interface Look {
  readonly keySeparator: Uint8Array
  readonly lineSeparator: Uint8Array
  readonly headersSeparator: Uint8Array
  readonly nullLiteral: Uint8Array
  readonly key: TextDeserializer | null
  readonly value: TextDeserializer | null
  readonly headers: TextDeserializer | null
}

type Column = (record: FormattedRecord, to: Sink, look: Look) => void

/** In the order in which they are printed, by the property that asks for it. */
const columns: readonly (readonly [name: string, print: Column])[] = [
  ['timestamp', ({ timestampType, timestamp }, to) => to.text(`${timestampType}:${timestamp}`)],
  ['partition', ({ partition }, to) => to.text(`Partition:${partition}`)],
  ['offset', ({ offset }, to) => to.text(`Offset:${offset}`)],
  ['delivery', ({ deliveryCount }, to) => to.text(`Delivery:${deliveryCount ?? 'NOT_PRESENT'}`)],
  ['epoch', ({ leaderEpoch }, to) => to.text(`Epoch:${leaderEpoch ?? 'NOT_PRESENT'}`)],
  ['headers', printHeaders],
  ['key', (record, to, look) => to.bytes(shown(record.key, look.key, look.nullLiteral))],
  ['value', (record, to, look) => to.bytes(shown(record.value, look.value, look.nullLiteral))],
]

export const defaultFormatter: MakeFormatter = (properties, around): Formatter => {
  const isSet = (name: string) => properties.get(name)?.trim().toLowerCase() === 'true'
  const wants = (name: string) => (properties.has(`print.${name}`) ? isSet(`print.${name}`) : name === 'value')
  const bytes = (name: string, initial: string) => Buffer.from(properties.get(name) ?? initial)
  const look: Look = {
    keySeparator: bytes('key.separator', '\t'),
    lineSeparator: bytes('line.separator', '\n'),
    headersSeparator: bytes('headers.separator', ','),
    nullLiteral: bytes('null.literal', 'null'),
    key: deserializerOf('key.deserializer', properties, around),
    value: deserializerOf('value.deserializer', properties, around),
    headers: deserializerOf('headers.deserializer', properties, around),
  }
  const printed = columns.filter(([name]) => wants(name)).map(([, print]) => print)
  return (record, to) => {
    printed.forEach((print, at) => {
      print(record, to, look)
      to.bytes(at === printed.length - 1 ? look.lineSeparator : look.keySeparator)
    })
  }
}

function printHeaders({ headers }: FormattedRecord, to: Sink, look: Look): void {
  if (headers.length === 0) return to.text('NO_HEADERS')
  headers.forEach(({ key, value }, at) => {
    to.text(`${key}:`)
    to.bytes(shown(value, look.headers, look.nullLiteral))
    if (at < headers.length - 1) to.bytes(look.headersSeparator)
  })
}

/** A deserializer gets the text that stands for null, too. */
function shown(bytes: Uint8Array | null, deserializer: TextDeserializer | null, nullLiteral: Uint8Array): Uint8Array {
  const given = bytes ?? nullLiteral
  return deserializer ? Buffer.from(deserializer(given)) : given
}
