// Values of any message out of a seed: every kind of field, left out, null, initial, at its limits.
import { uuidFromBytes } from '../../src/base/uuid.ts'
import type { Member, Plan, Type } from '../../src/protocol/plan.ts'

/** A small repeatable source of chance (mulberry32). */
export class Chance {
  #state: number

  constructor(seed: number) {
    this.#state = seed
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000
  }

  below(end: number): number {
    return Math.floor(this.next() * end)
  }

  oneOf<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.below(256))
  }
}

const TEXTS = ['', 'a', 'topic', 'grüße', '日本語', '🌱', 'x'.repeat(23), 'y'.repeat(24), 'ü'.repeat(200), 'z'.repeat(300)]

export function randomStruct(plan: Plan, chance: Chance): Record<string, unknown> {
  const value: Record<string, unknown> = {}
  for (const member of plan.members) {
    const choice = randomMember(member, chance)
    if (choice !== undefined) value[member.name] = choice
  }
  return value
}

/** Undefined leaves the field out; a field outside its version gets a value only if the value may be lost. */
function randomMember({ place, type, ignorable, initial }: Member, chance: Chance): unknown {
  if (type.kind === 'records' && !type.nullable && place === 'wire') return chance.bytes(chance.below(50))
  if (chance.below(8) === 0) return undefined
  if (place === 'absent' && !ignorable) return chance.below(2) === 0 ? undefined : initial
  return randomValue(type, chance)
}

function randomValue(type: Type, chance: Chance): unknown {
  if ('nullable' in type && type.nullable && chance.below(4) === 0) return null
  switch (type.kind) {
    case 'bool':
      return chance.below(2) === 0
    case 'int8':
      return chance.oneOf([0, 1, -1, 127, -128, chance.below(128)])
    case 'int16':
      return chance.oneOf([0, -1, 0x7fff, -0x8000, chance.below(0x8000)])
    case 'uint16':
      return chance.oneOf([0, 0xffff, 0x8000, chance.below(0x10000)])
    case 'int32':
      return chance.oneOf([0, -1, 0x7fffffff, -0x80000000, chance.below(0x80000000)])
    case 'uint32':
      return chance.oneOf([0, 0xffffffff, 0x80000000, chance.below(0x100000000)])
    case 'int64':
      return chance.oneOf([0, -1, 2 ** 53 - 1, -(2 ** 53 - 1), -(2 ** 32), 2 ** 32 - 1, chance.below(2 ** 50)])
    case 'exactInt64':
      return chance.oneOf([0n, -1n, 2n ** 63n - 1n, -(2n ** 63n), BigInt(chance.below(2 ** 50))])
    case 'float64':
      return chance.oneOf([0, -1.5, Number.MAX_VALUE, Number.POSITIVE_INFINITY, chance.next()])
    case 'uuid':
      return uuidFromBytes(chance.below(3) === 0 ? new Uint8Array(16) : chance.bytes(16))
    case 'string':
      return chance.oneOf(TEXTS)
    case 'bytes':
    case 'records':
      return chance.bytes(chance.below(40))
    case 'array':
      return Array.from({ length: chance.below(4) }, () => randomValue(type.item, chance))
    case 'struct':
      return randomStruct(type.plan, chance)
  }
}
