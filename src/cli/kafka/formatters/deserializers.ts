// Kafka's own deserializers by the names of their classes, and the text of what each of them gives.

import type { Surroundings } from '../command.ts'
import { Failure } from '../failure.ts'
import { logError } from '../log-line.ts'

/** Throws an Error where the bytes are not of its kind. */
export type TextDeserializer = (bytes: Uint8Array) => string

const PACKAGE = 'org.apache.kafka.common.serialization.'

/** Text as Java's readers of UTF-8 give it. */
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

const numbers: Readonly<Record<string, readonly [size: number, read: (view: DataView) => string]>> = {
  Short: [2, (view) => String(view.getInt16(0))],
  Integer: [4, (view) => String(view.getInt32(0))],
  Long: [8, (view) => String(view.getBigInt64(0))],
  Float: [4, (view) => javaFloat(view)],
  Double: [8, (view) => javaDouble(view.getFloat64(0))],
}

const ofKafka: Readonly<Record<string, (properties: ReadonlyMap<string, string>) => TextDeserializer>> = {
  String: (properties) => {
    const encoding = properties.get('deserializer.encoding') ?? 'UTF-8'
    if (!/^utf-?8$/i.test(encoding)) throw new Failure(`deserializer.encoding=${encoding} is not supported; UTF-8 is`)
    return (bytes) => utf8.decode(bytes)
  },
  Boolean: () => (bytes) => {
    if (bytes.length !== 1) throw new Error('Size of data received by BooleanDeserializer is not 1')
    if (bytes[0]! > 1) throw new Error(`Unexpected byte received by BooleanDeserializer: ${(bytes[0]! << 24) >> 24}`)
    return bytes[0] === 1 ? 'true' : 'false'
  },
  UUID: () => (bytes) => utf8.decode(bytes).toLowerCase(),
  Bytes: () => (bytes) => [...bytes].map(shownByte).join(''),
  Void: () => () => {
    throw new Error('Data should be null for a VoidDeserializer.')
  },
  ...Object.fromEntries(
    Object.entries(numbers).map(([name, [size, read]]) => [
      name,
      () => (bytes: Uint8Array) => {
        if (bytes.length !== size) throw new Error(`Size of data received by ${name}Deserializer is not ${size}`)
        return read(new DataView(bytes.buffer, bytes.byteOffset, size))
      },
    ]),
  ),
}
/** Kafka has them, and their text says nothing. */
const unprinted = ['ByteArray', 'ByteBuffer', 'List']

/**
 * The one that a property names; null where it names none, or no class of Kafka's: that is complained of, and bytes are printed as they are.
 */
export function deserializerOf(
  property: string,
  properties: ReadonlyMap<string, string>,
  around: Surroundings,
): TextDeserializer | null {
  const typed = properties.get(property)
  if (typed === undefined) return null
  const name = /^([A-Za-z]+)Deserializer$/.exec(typed.startsWith(PACKAGE) ? typed.slice(PACKAGE.length) : '')?.[1] ?? ''
  if (unprinted.includes(name))
    throw new Failure(`${property}=${typed} is not supported: what it gives has no text (docs/limits.md)`)
  const make = Object.hasOwn(ofKafka, name) ? ofKafka[name]! : null
  if (make) return make(withoutPrefix(`${property}.`, properties))
  const logger = 'org.apache.kafka.tools.consumer.DefaultMessageFormatter'
  const why = `java.lang.ClassNotFoundException: ${typed}`
  logError(around, logger, `Unable to instantiate a deserializer from ${typed}`, why)
  return null
}

function withoutPrefix(prefix: string, properties: ReadonlyMap<string, string>): Map<string, string> {
  return new Map(
    [...properties].filter(([key]) => key.startsWith(prefix)).map(([key, value]) => [key.slice(prefix.length), value]),
  )
}

/** Printable ASCII as it is, everything else by its number. */
function shownByte(byte: number): string {
  const isPrintable = byte >= 0x20 && byte <= 0x7e && byte !== 0x5c
  return isPrintable ? String.fromCharCode(byte) : `\\x${byte.toString(16).toUpperCase().padStart(2, '0')}`
}

/** The shortest text that stands for the same float, in Java's form. */
function javaFloat(view: DataView): string {
  const value = view.getFloat32(0)
  for (let digits = 1; digits <= 9; digits++) {
    const shorter = Number(value.toPrecision(digits))
    if (Math.fround(shorter) === value) return javaDouble(shorter)
  }
  return javaDouble(value)
}

/** With a point always, and with an exponent below 10^-3 and from 10^7 on. */
function javaDouble(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  if (Object.is(value, -0)) return '-0.0'
  const size = Math.abs(value)
  if (size === 0 || (size >= 1e-3 && size < 1e7)) return Number.isInteger(value) ? `${value}.0` : String(value)
  const [digits, exponent] = value.toExponential().split('e') as [string, string]
  return `${digits.includes('.') ? digits : `${digits}.0`}E${Number(exponent)}`
}
