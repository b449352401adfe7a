import assert from 'node:assert/strict'
import { test } from 'node:test'
import { placeOf } from '../sim/planting.ts'
import { Violation } from './history.ts'
import { replicationBugs } from './planted-bugs.ts'
import { ALL_TROUBLES, Simulation } from './simulation.ts'

const TROUBLED = { seconds: 15, flushPolicy: 'fsync', troubleMs: 500, troubles: ALL_TROUBLES } as const
/** Seeds that found something once, with what that was. */
const FOUND: readonly (readonly [seed: number, what: string])[] = [
  [30, 'a follower that had to cut its log was told the high watermark with that, and then never again'],
]

test('without trouble three replicas have the same, and one leader is enough', async () => {
  const summary = await new Simulation({ ...TROUBLED, seed: 1, seconds: 4, troubleMs: null }).run()
  assert.ok(summary.acknowledged > 50 && summary.reads > 50, JSON.stringify(summary))
  assert.equal(summary.elections, 1)
})

for (const seed of [1, 2]) {
  test(`nothing acknowledged is lost, and replicas come together, whatever dies, pauses or is cut off (seed ${seed})`, async () => {
    const summary = await new Simulation({ ...TROUBLED, seed }).run()
    assert.ok(summary.lives > 3 && summary.acknowledged > 0, JSON.stringify(summary))
  })
}

for (const [seed, what] of FOUND) {
  test(`seed ${seed}: ${what}`, async () => {
    await new Simulation({ ...TROUBLED, seed, seconds: 20, troubleMs: 400, isSwarm: true }).run()
  })
}

test('a run is the same run again', async () => {
  const settings = { ...TROUBLED, seed: 3, seconds: 3 }
  const [once, twice] = [await new Simulation(settings).run(), await new Simulation(settings).run()]
  assert.equal(once.hash, twice.hash)
})

test('who acknowledges what is not on the device is found out when all lose power', async () => {
  for (let seed = 1; seed <= 10; seed++) {
    const simulation = new Simulation({ ...TROUBLED, seed, seconds: 8, flushPolicy: 'os', troubles: ['all lose power'] })
    const lost = await simulation.run().then(
      () => null,
      (thrown: unknown) => thrown,
    )
    if (lost === null) continue
    assert.ok(lost instanceof Violation, String(lost))
    return
  }
  assert.fail('ten seeds lost nothing')
})

for (const bug of replicationBugs) {
  test(`the bug ${bug.name} has its place in the sources`, () => {
    assert.notEqual(placeOf(bug).url, '')
    assert.notEqual(bug.find, bug.replace)
  })
}
