// The values of options: whole numbers in the ranges of Java's types, and words out of a list.

import type { ValueType } from './table.ts'
import { OptionTrouble } from './trouble.ts'

const bits = { Integer: 31n, Long: 63n } as const

export function isOfType(type: ValueType, text: string): boolean {
  if (type === 'String') return true
  if (typeof type === 'object') return type.words.some((word) => word.toLowerCase() === text.toLowerCase())
  if (!/^[+-]?\d{1,30}$/.test(text)) return false
  const value = BigInt(text.replace(/^\+/, ''))
  return value >= -(1n << bits[type]) && value < 1n << bits[type]
}

/** The value as text, of the type; throws an OptionTrouble that names the option. */
export function converted(option: string, type: ValueType, text: string): string {
  if (!isOfType(type, text)) throw new OptionTrouble(`Cannot parse argument '${text}' of option ${option}`)
  if (type === 'String') return text
  if (typeof type === 'object') return type.words.find((word) => word.toLowerCase() === text.toLowerCase())!
  return text.replace(/^\+/, '')
}
