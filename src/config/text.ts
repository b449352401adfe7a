// Kafka's configuration texts and their values, one reader per type. Spaces around a value never count.

import { Secret } from './secret.ts'

export interface Texts<T> {
  /** What a text of this type looks like, in words. */
  readonly expected: string
  /** The value, and the text that Kafka prints for it; null where the text is not of this type. */
  read(text: string): { value: T; text: string } | null
  /** The text of a default in a table. */
  write(value: unknown): string
}

export const readers = {
  boolean: {
    expected: 'true or false',
    read(text) {
      const word = text.trim().toLowerCase()
      return word === 'true' || word === 'false' ? { value: word === 'true', text: word } : null
    },
    write: String,
  } satisfies Texts<boolean>,
  short: whole(16),
  int: whole(32),
  long: whole(64),
  double: {
    expected: 'a number',
    read(text) {
      const found = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)[dDfF]?$/.exec(text.trim())
      if (!found?.[1]) return null
      const value = Number(found[1])
      return Number.isFinite(value) ? { value, text: printDouble(value) } : null
    },
    write: (value) => printDouble(Number(value)),
  } satisfies Texts<number>,
  string: plain((text) => text),
  class: plain((text) => text),
  password: plain((text) => new Secret(text)),
  list: {
    expected: 'texts separated by commas',
    read(text) {
      const trimmed = text.trim()
      // An entry named twice counts once (KIP-1161).
      const value = trimmed === '' ? [] : [...new Set(trimmed.split(/\s*,\s*/))]
      return { value, text: value.join(',') }
    },
    write: (value) => (value as readonly string[]).join(','),
  } satisfies Texts<readonly string[]>,
}

function whole(bits: 16 | 32 | 64): Texts<number> {
  const end = 1n << BigInt(bits - 1)
  return {
    expected: `a whole number from ${-end} to ${end - 1n}`,
    read(text) {
      const digits = text.trim()
      // Nothing of 64 bits is longer; a megabyte of digits must not become a BigInt.
      if (!/^[+-]?\d+$/.test(digits) || digits.length > 100) return null
      const exact = BigInt(digits.startsWith('+') ? digits.slice(1) : digits)
      return exact < -end || exact >= end ? null : { value: Number(exact), text: exact.toString() }
    },
    write: String,
  }
}

function plain<T>(value: (text: string) => T): Texts<T> {
  return {
    expected: 'any text',
    read: (text) => ({ value: value(text.trim()), text: text.trim() }),
    write: String,
  }
}

/** A double as Java prints it: always with a point, with an exponent below 0.001 and from ten million on. */
export function printDouble(value: number): string {
  const size = Math.abs(value)
  if (value === 0 || (size >= 1e-3 && size < 1e7)) return withPoint(String(value))
  const [digits = '', exponent = ''] = value.toExponential().split('e')
  return `${withPoint(digits)}E${Number(exponent)}`
}

const withPoint = (digits: string) => (digits.includes('.') ? digits : `${digits}.0`)
