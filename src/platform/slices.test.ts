import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Clock } from './clock.ts'
import { Slices } from './slices.ts'

/** Time goes on only where a test works; turns are those of the real event loop, counted. */
function world() {
  const seen = { now: 0, turns: 0 }
  const clock: Clock = {
    now: () => seen.now,
    monotonic: () => seen.now,
    after: () => assert.fail('no timer is needed'),
    soon: (run) => void setImmediate(run),
  }
  return { seen, clock, slices: new Slices(clock, 5) }
}

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise(setImmediate)
}

/** Counts turns of the event loop until `isOver`. */
async function countTurns(seen: { turns: number }, until: Promise<unknown>): Promise<void> {
  let isOver = false
  void until.then(() => (isOver = true))
  for (; !isOver; seen.turns++) await new Promise(setImmediate)
}

test('a list is answered in its order, and what is short takes one turn and no look at the clock', async () => {
  const slices = new Slices({ monotonic: () => assert.fail('why look?') } as unknown as Clock)
  const answers = await slices.map([1, 2, 3], (item, index) => (index === 1 ? Promise.resolve(item * 10) : item * 10))
  assert.deepEqual(answers, [10, 20, 30])
})

test('a long list pauses whenever its slice is used up', async () => {
  const { seen, slices } = world()
  const items = Array.from({ length: 1600 }, (_, i) => i)
  const answers = slices.map(items, (item) => {
    seen.now += 0.25 // 16 items are 4 ms: after 32 of them it is too long
    return item
  })
  await countTurns(seen, answers)
  assert.deepEqual(await answers, items)
  assert.equal(seen.now, 400)
  assert.ok(seen.turns >= 48 && seen.turns <= 102, `${seen.turns} turns for 400 ms in slices of 5`)
})

test('many at a time share one slice, and none of them starves', async () => {
  const { seen, slices } = world()
  const perTurn = new Map<number, number>()
  const note = () => perTurn.set(seen.turns, (perTurn.get(seen.turns) ?? 0) + 0.25)
  const done: number[] = []
  const works = Array.from({ length: 24 }, (_, who) =>
    slices
      .map(Array.from({ length: 160 }), () => {
        seen.now += 0.25
        note()
      })
      .then(() => done.push(who)),
  )
  await countTurns(seen, Promise.all(works))
  // The first turn has the first 15 items of each, before anybody looked.
  const later = [...perTurn].filter(([turn]) => turn > 1).map(([, ms]) => ms)
  assert.ok(later.length > 100 && Math.max(...later) <= 16, `one turn had ${Math.max(...later)} ms`)
  assert.equal(done.length, 24)
})

test('each item is looked at once, in its order, with pauses where that takes long', async () => {
  const { seen, slices } = world()
  const looked: number[] = []
  const items = Array.from({ length: 320 }, (_, i) => i * 2)
  const looking = slices.each(items, (item, index) => {
    seen.now += 0.5
    assert.equal(item, index * 2)
    looked.push(item)
  })
  assert.ok(looked.length < 64, `${looked.length} before the first pause`)
  await countTurns(seen, looking)
  assert.deepEqual(looked, items)
  assert.ok(seen.turns >= 10, `${seen.turns} turns for 160 ms in slices of 5`)
})

test('a look that fails ends the list', async () => {
  const { slices } = world()
  const looked: number[] = []
  const looking = slices.each([1, 2, 3], (item) => {
    looked.push(item)
    if (item === 2) throw new Error('no')
  })
  await assert.rejects(looking, /no/)
  assert.deepEqual(looked, [1, 2])
})

test('an item that fails ends the list', async () => {
  const { slices } = world()
  await assert.rejects(
    slices.map([1, 2], () => {
      throw new Error('no')
    }),
    /no/,
  )
})

test('who would use up every slice leaves the others their turn', async () => {
  const { seen, slices } = world()
  let isWanted = true
  const endless = (async () => {
    while (isWanted) {
      while (slices.isOver) await slices.turn()
      seen.now += 1
    }
  })()
  const short = slices.map(Array.from({ length: 160 }), () => {
    seen.now += 0.25
  })
  await Promise.race([short, turns(100).then(() => assert.fail('it had no slice in a hundred turns'))])
  isWanted = false
  await endless
})

test('who has the same clock shares the slice, and rests only when it is used up', async () => {
  const { seen, clock } = world()
  const one = Slices.of(clock)
  const other = Slices.of(clock)
  assert.equal(one, other)
  assert.notEqual(one, Slices.of({ ...clock }))
  assert.equal(one.rest(), undefined)
  seen.now += 5
  const order: string[] = []
  const rested = Promise.resolve(other.rest()).then(() => order.push('rested'))
  setImmediate(() => order.push('next turn'))
  await rested
  assert.deepEqual(order, ['rested'])
  assert.equal(one.rest(), undefined, 'a new turn, a new slice')
})
