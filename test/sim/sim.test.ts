// A few seeds, and every seed that once failed. More of them: npm run sim.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { produceCrashRestart } from './produce-crash-restart.ts'

const FIXED = [1]
/** Lines of `seed what it found`. */
const failedOnce = readFileSync('test/sim/seeds.txt', 'utf8')
  .split('\n')
  .filter((line) => /^\d/.test(line))
  .map((line) => Number.parseInt(line, 10))

const hashes: string[] = []

for (const seed of new Set([...FIXED, ...failedOnce])) {
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
