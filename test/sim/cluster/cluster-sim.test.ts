// A run of whole clusters twice, and one with much damage. More of them: npm run sim -- --cluster.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clusterRun } from './cluster-run.ts'
import { turnBits } from './nemesis.ts'

test('the same seed of clusters gives the same run, event by event', async () => {
  const [one, other] = [await clusterRun(4), await clusterRun(4)]
  assert.equal(one.failure, null, `${one.failure?.stack}\n${one.world.trace.last.join('\n')}`)
  assert.equal(one.world.trace.hash, other.world.trace.hash)
})

test('bits that turn over where the next look for damage is a week away are met and mended before all is read', async () => {
  const { failure, world } = await clusterRun(18, turnBits)
  assert.equal(failure, null, `${failure?.stack}\n${world.trace.last.join('\n')}`)
  for (const what of ['a bit was turned over', 'damage was met at the end', 'a damaged replica was made again'])
    assert.ok(world.trace.sometimes.get(what), `never: ${what}`)
})
