import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Clock } from '../platform/clock.ts'
import { Slices } from '../platform/slices.ts'
import { about, counter, type Family, gauge, histogram, type Subject, summary } from './metric.ts'
import type { Scene } from './scene.ts'
import { escapeHelp, escapeLabel, metricsText, numberText } from './text.ts'

const row = { help: 'A help.', from: 'a test' }

const named = (values: readonly (readonly (string | null)[])[]): Subject<readonly (string | null)[]> => ({
  name: 'things',
  labels: ['one', 'two'],
  list: () => values,
  valuesOf: (subject) => subject,
})

const once: Subject<null> = { name: 'nodes', labels: [], list: () => [null], valuesOf: () => [] }

/** A clock that goes on by `stepMs` whenever somebody looks, and counts the turns. */
function steppingClock(stepMs: number) {
  let now = 0
  let turns = 0
  const clock: Clock = {
    now: () => now,
    monotonic: () => (now += stepMs),
    after: () => ({ cancel() {} }),
    soon: (run) => {
      turns++
      setImmediate(run)
    },
  }
  return { clock, turns: () => turns }
}

function sceneOn(clock: Clock = steppingClock(0).clock): Scene {
  return { stage: { slices: Slices.of(clock) }, leftOut: new Map() } as unknown as Scene
}

async function textOf(families: readonly Family[], scene = sceneOn(), maxSubjects = 100): Promise<string> {
  const pieces: string[] = []
  for await (const piece of metricsText(scene, { families, maxSubjects })) pieces.push(piece)
  return pieces.join('')
}

test('labels escape backslash, quote and line feed, and nothing else', () => {
  assert.equal(escapeLabel('a\\b"c\nd'), 'a\\\\b\\"c\\nd')
  assert.equal(escapeLabel("plain {,} = \t'é"), "plain {,} = \t'é")
  assert.equal(escapeLabel('""'), '\\"\\"')
})

test('help escapes backslash and line feed, and leaves quotes', () => {
  assert.equal(escapeHelp('say "it"\\\nagain'), 'say "it"\\\\\\nagain')
})

test('numbers are written as Go reads them', () => {
  const numbers = [0, -1, 1.5, 1e21, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  assert.deepEqual(numbers.map(numberText), ['0', '-1', '1.5', '1e+21', '9007199254740992', 'NaN', '+Inf', '-Inf'])
})

test('a family has its help and type once, and a sample for every subject', async () => {
  const families = about(
    named([
      ['a', 'b'],
      ['c"', null],
    ]),
    { some_total: counter(row, ([one]) => one!.length) },
  )
  assert.equal(
    await textOf(families),
    '# HELP some_total A help.\n# TYPE some_total counter\nsome_total{one="a",two="b"} 1\nsome_total{one="c\\""} 2\n',
  )
})

test('a subject without labels has no braces, also where another subject of the family has some', async () => {
  const families = about(
    named([
      [null, null],
      ['a', null],
    ]),
    { x: gauge(row, () => 1) },
  )
  assert.match(await textOf(families), /^x 1\nx\{one="a"\} 1\n$/m)
})

test('what has nothing to tell is left out, and so is a family of such', async () => {
  const families = [
    ...about(named([['a', 'b']]), { none: gauge(row, () => null) }),
    ...about(once, { some: gauge(row, () => 3) }),
  ]
  assert.equal(await textOf(families), '# HELP some A help.\n# TYPE some gauge\nsome 3\n')
})

test('a summary has quantiles, sum and count; a histogram buckets with le', async () => {
  const spread = { parts: [['0.5', 1] as const, ['0.9', Number.NaN] as const], count: 2, sum: 3 }
  const buckets = { parts: [['0.1', 1] as const, ['+Inf', 2] as const], count: 2, sum: 3 }
  const text = await textOf([
    ...about(named([['a', null]]), { t: summary(row, () => spread) }),
    ...about(once, { h: histogram(row, () => buckets) }),
  ])
  const samples = text.split('\n').filter((line) => !line.startsWith('#'))
  assert.deepEqual(samples, [
    't{one="a",quantile="0.5"} 1',
    't{one="a",quantile="0.9"} NaN',
    't_sum{one="a"} 3',
    't_count{one="a"} 2',
    'h_bucket{le="0.1"} 1',
    'h_bucket{le="+Inf"} 2',
    'h_sum 3',
    'h_count 2',
    '',
  ])
})

test('no family tells of more subjects than the limit, and how many it left out is known', async () => {
  const scene = sceneOn()
  const many = named(Array.from({ length: 10 }, (_, i) => [`s${i}`, null]))
  const text = await textOf(about(many, { a: gauge(row, () => 1), b: gauge(row, () => 1) }), scene, 4)
  assert.equal(text.split('\n').filter((line) => /^[ab]\{/.test(line)).length, 8)
  assert.deepEqual([...scene.leftOut], [['things', 6]])
})

test('ten thousand subjects are told in slices: after 5 ms of a turn the others have theirs', async () => {
  // Every look at the clock takes a millisecond, and it is looked at once in 16 subjects: a slice is 80 or so of them.
  const { clock, turns } = steppingClock(1)
  const many = named(Array.from({ length: 10_000 }, (_, i) => [`s${i}`, null]))
  const text = await textOf(about(many, { a: gauge(row, () => 1) }), sceneOn(clock), 20_000)
  assert.equal(text.split('\n').length, 10_003)
  assert.ok(turns() > 100, `${turns()} turns`)
})
