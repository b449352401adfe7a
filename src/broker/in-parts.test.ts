import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Clock } from '../platform/clock.ts'
import { Slices } from '../platform/slices.ts'
import { KafkaError } from '../protocol/errors.ts'
import { inParts } from './in-parts.ts'

interface Item {
  readonly name: string
  readonly configs?: readonly unknown[]
}

/** Asks for items by name; answers with their names. */
function world({ failing = -1, repeats = false } = {}) {
  const parts: (readonly Item[])[] = []
  let now = 0
  const clock = { monotonic: () => now++, soon: (run: () => void) => void setImmediate(run) } as unknown as Clock
  const context = { slices: new Slices(clock, 5), answerFor: (thrown: unknown) => KafkaError.of(thrown) }
  const ask = async (part: readonly Item[]) => {
    if (parts.push(part) - 1 === failing) throw new KafkaError('REQUEST_TIMED_OUT', 'too late')
    return part.map(({ name }) => name)
  }
  const asking = {
    keyOf: ({ name }: Item) => name,
    ask,
    failed: ({ name }: Item, { error }: KafkaError) => `${name}: ${error}`,
    ...(repeats ? { repeated: ({ name }: Item) => `${name} again` } : {}),
  }
  return { parts, answers: (items: readonly Item[]) => inParts(items, context, asking) }
}

const named = (count: number, configs: readonly unknown[] = []): Item[] =>
  Array.from({ length: count }, (_, i) => ({ name: `n${i}`, configs }))

const sizes = (parts: readonly (readonly Item[])[]) => parts.map(({ length }) => length)

test('a few are asked for at once, as they are, and throw what asking throws', async () => {
  const { parts, answers } = world()
  const items = [...named(199), { name: 'n0' }]
  assert.equal((await answers(items)).length, 200)
  assert.equal(parts[0], items)
  await assert.rejects(world({ failing: 0 }).answers(items), /too late/)
})

test('many are asked for in parts of 200, in their order', async () => {
  const { parts, answers } = world()
  const items = named(401)
  assert.deepEqual(
    await answers(items),
    items.map(({ name }) => name),
  )
  assert.deepEqual(sizes(parts), [200, 200, 1])
})

test('a part has 2,000 configurations at most, unless one item has more', async () => {
  const { parts, answers } = world()
  await answers([...named(5, Array(900)), { name: 'large', configs: Array(5000) }, { name: 'small', configs: Array(1) }])
  assert.deepEqual(sizes(parts), [2, 2, 1, 1, 1])
})

test('what is named more than once is asked for twice in one part', async () => {
  const { parts, answers } = world()
  const twice = { name: 'n0' }
  const told = await answers([...named(300), twice, twice, twice])
  assert.equal(told.filter((name) => name === 'n0').length, 2)
  assert.equal(told.length, 301)
  assert.equal(parts[0]!.filter(({ name }) => name === 'n0').length, 2)
})

test('where each time is answered, each has an answer', async () => {
  const { answers } = world({ repeats: true })
  const told = await answers([...named(300), ...named(300), ...named(300)])
  assert.equal(told.length, 900)
  assert.equal(told.filter((name) => name === 'n7').length, 2)
  assert.equal(told.filter((name) => name === 'n7 again').length, 1)
})

test('a part that fails is answered with its error, the others with what became of them', async () => {
  const { answers } = world({ failing: 1 })
  const told = await answers(named(500))
  assert.deepEqual(
    [told[0], told[200], told[399], told[400]],
    ['n0', 'n200: REQUEST_TIMED_OUT', 'n399: REQUEST_TIMED_OUT', 'n400'],
  )
})
