// The serdes that need nobody else. Formats are the ones of Kafka's own: a Java program reads them with the serde of the same name.

import { SerializationError } from '../errors/errors.ts'
import type { Serde, SerdeContext } from './serde.ts'

/** A mark of byte order at its begin is a character of a text, as for Java; of JSON it is none. */
const texts = new TextDecoder('utf-8', { ignoreBOM: true })
const decoder = new TextDecoder('utf-8')

function serde<T>(name: string, write: (value: T) => Uint8Array, read: (bytes: Uint8Array) => T): Serde<T | null> {
  const trouble = (context: SerdeContext, cause: unknown) =>
    new SerializationError(`the ${context.part} of a record of ${context.topic} as ${name}: ${(cause as Error).message}`, {
      cause,
    })
  return {
    serialize(value, context) {
      // Nothing else is a tombstone: `undefined` is what a misspelt name gives.
      if (value === null) return null
      try {
        return write(value)
      } catch (thrown) {
        throw trouble(context, thrown)
      }
    },
    deserialize(bytes, context) {
      if (bytes === null) return null
      try {
        return read(bytes)
      } catch (thrown) {
        throw trouble(context, thrown)
      }
    },
  }
}

/** Bytes as they are. What is read is a view of a larger buffer: copy what is kept for long. */
export const bytes: Serde<Uint8Array | null> = serde<Uint8Array>(
  'bytes',
  (value) => {
    if (!(value instanceof Uint8Array)) throw new TypeError(`${shown(value)} is no Uint8Array`)
    return value
  },
  (read) => read,
)

/** UTF-8. Bytes that are none are read as the replacement character, as Java does. */
export const string: Serde<string | null> = serde<string>(
  'string',
  (value) => {
    if (typeof value !== 'string') throw new TypeError(`${shown(value)} is no text`)
    return Buffer.from(value)
  },
  (read) => texts.decode(read),
)

/** A JSON text in UTF-8. */
export function json<T = unknown>(): Serde<T | null> {
  return serde<T>(
    'json',
    (value) => {
      const text = JSON.stringify(value)
      if (text === undefined) throw new TypeError(`${shown(value)} has no JSON`)
      return Buffer.from(text)
    },
    (read) => JSON.parse(decoder.decode(read)) as T,
  )
}

/** Four bytes, big-endian. */
export const int32: Serde<number | null> = serde<number>(
  'int32',
  (value) => {
    if (!Number.isInteger(value) || value < -(2 ** 31) || value >= 2 ** 31) {
      throw new RangeError(`${shown(value)} is no whole number from -2147483648 to 2147483647`)
    }
    const to = Buffer.allocUnsafe(4)
    to.writeInt32BE(value)
    return to
  },
  (read) => viewOf(read, 4).getInt32(0),
)

/** Eight bytes, big-endian, as a bigint: every value. */
export const int64: Serde<bigint | null> = serde<bigint>(
  'int64',
  (value) => {
    if (typeof value !== 'bigint' || BigInt.asIntN(64, value) !== value) {
      throw new RangeError(`${shown(value)} is no bigint from -2^63 to 2^63-1`)
    }
    const to = Buffer.allocUnsafe(8)
    to.writeBigInt64BE(value)
    return to
  },
  (read) => viewOf(read, 8).getBigInt64(0),
)

/** Eight bytes, big-endian, as a number. What a number cannot hold exactly is refused, in both directions. */
export const safeInt64: Serde<number | null> = serde<number>(
  'safeInt64',
  (value) => {
    if (!Number.isSafeInteger(value)) throw new RangeError(`${shown(value)} is no whole number that is exact; use int64`)
    const to = Buffer.allocUnsafe(8)
    to.writeBigInt64BE(BigInt(value))
    return to
  },
  (read) => {
    const value = viewOf(read, 8).getBigInt64(0)
    const exact = Number(value)
    if (!Number.isSafeInteger(exact)) throw new RangeError(`${value} is not exact as a number; use int64`)
    return exact
  },
)

/** Eight bytes of a double. */
export const float64: Serde<number | null> = serde<number>(
  'float64',
  (value) => {
    if (typeof value !== 'number') throw new TypeError(`${shown(value)} is no number`)
    const to = Buffer.allocUnsafe(8)
    to.writeDoubleBE(value)
    return to
  },
  (read) => viewOf(read, 8).getFloat64(0),
)

function viewOf(read: Uint8Array, size: number): DataView {
  if (read.length !== size) throw new RangeError(`${read.length} bytes, not ${size}`)
  return new DataView(read.buffer, read.byteOffset, size)
}

function shown(value: unknown): string {
  return typeof value === 'object' ? 'an object' : typeof value === 'bigint' ? `${value}n` : String(value)
}
