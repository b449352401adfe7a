// Chance for one case: from the seed of a campaign and the number of the case alone, so any case can be made again without those before it.

import { Chance } from '../wire/random-value.ts'

export function chanceOf(seed: number, stream: 'frame' | 'batch', index: number): Chance {
  let mixed = (seed * 0x9e3779b1) ^ (index * 0x85ebca6b) ^ (stream === 'frame' ? 0x1234567 : 0x7654321)
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad)
  return new Chance((mixed ^ (mixed >>> 15)) | 0)
}

/** True once in `times`. */
export function once(chance: Chance, times: number): boolean {
  return chance.below(times) === 0
}

/** A choice by weight. */
export function weighted<T>(chance: Chance, choices: readonly (readonly [weight: number, choice: T])[]): T {
  let left = chance.next() * choices.reduce((sum, [weight]) => sum + weight, 0)
  for (const [weight, choice] of choices) if ((left -= weight) < 0) return choice
  return choices[choices.length - 1]![1]
}

const EXTREMES = [0, 1, 2, 3, 4, 0x7e, 0x7f, 0x80, 0x81, 0xfe, 0xff]

/** Damages bytes at random places: bits, bytes, runs that go, come twice or move. */
export function damaged(bytes: Uint8Array, chance: Chance): Uint8Array {
  let made = Buffer.from(bytes)
  for (let times = 1 + chance.below(3); times > 0; times--) {
    const at = chance.below(made.length + 1)
    const size = 1 + chance.below(once(chance, 4) ? 64 : 4)
    const before = made.subarray(0, at)
    switch (chance.below(7)) {
      case 0:
        if (at < made.length) made[at] = made[at]! ^ (1 << chance.below(8))
        break
      case 1:
        if (at < made.length) made[at] = chance.oneOf(EXTREMES)
        break
      case 2:
        for (let i = at; i < Math.min(at + size, made.length); i++) made[i] = chance.below(256)
        break
      case 3:
        made = Buffer.concat([before, made.subarray(at + size)])
        break
      case 4:
        made = Buffer.concat([before, made.subarray(at, at + size), made.subarray(at)])
        break
      case 5:
        made = Buffer.concat([before, chance.bytes(size), made.subarray(at)])
        break
      default:
        made = once(chance, 3) ? Buffer.from(before) : Buffer.concat([made, chance.bytes(size)])
    }
  }
  return made
}
