// A few seeds, and every seed that once failed. More of them: npm run sim.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { failedOnce } from './failed-once.ts'
import { produceCrashRestart } from './produce-crash-restart.ts'

const FIXED = [1]
const hashes: string[] = []

for (const seed of new Set([...FIXED, ...failedOnce('test/sim/seeds.txt')])) {
  test(`seed ${seed}: what was acknowledged stays, and all works again after the trouble`, async () => {
    const { failure, acknowledged, world } = await produceCrashRestart(seed)
    hashes.push(world.trace.hash)
    assert.equal(failure, null, `${failure?.stack}\n${world.trace.last.join('\n')}`)
    assert.ok(acknowledged > 500, `only ${acknowledged} records were acknowledged`)
  })
}

test('the same seed gives the same run, event by event, and another seed another one', async () => {
  hashes.push((await produceCrashRestart(FIXED[0]!)).world.trace.hash)
  assert.equal(hashes.at(-1), hashes[0])
  assert.notEqual(hashes[1], hashes[0])
})
