/** Files of 2,000 values, a line each, the same in every run: what Apache's ProducerPerformance sends. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cacheDir } from '../test/interop/lib/cache.mjs'

const kinds = { letters, events }

/** The path of the file: random `letters`, which no codec makes much smaller, or JSON as `events` have it. */
export function payload(kind, size) {
  const file = join(cacheDir, `payload-${kind}-${size}.txt`)
  if (existsSync(file)) return file
  mkdirSync(cacheDir, { recursive: true })
  const below = numbers()
  writeFileSync(file, Array.from({ length: 2000 }, () => kinds[kind](size, below)).join('\n'))
  return file
}

/** Whole numbers below a bound, always the same ones. */
function numbers() {
  let seed = 42
  return (bound) => ((seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff) >>> 8) % bound
}

function letters(size, below) {
  return Array.from({ length: size }, () => String.fromCharCode(97 + below(26))).join('')
}

const actions = ['viewed', 'ordered', 'paid', 'returned', 'rated']
const cities = ['Utrecht', 'Lyon', 'Porto', 'Graz', 'Turku', 'Gdansk']

function events(size, below) {
  let text = ''
  while (text.length < size) {
    const event = { order: below(1e7), customer: `c-${below(5000)}`, action: actions[below(5)], city: cities[below(6)] }
    text += JSON.stringify({ ...event, cents: below(1e6), at: 1_700_000_000 + below(4e6) })
  }
  return text.slice(0, size)
}
