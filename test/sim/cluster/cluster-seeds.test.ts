// Every seed of whole clusters that once failed, so that what it found stays found.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { failedOnce } from '../failed-once.ts'
import { clusterRun } from './cluster-run.ts'

for (const seed of failedOnce('test/sim/cluster/seeds.txt')) {
  test(`cluster seed ${seed}: what was acknowledged stays, all copies are the same, and all works again after the trouble`, async () => {
    const { failure, acknowledged, world } = await clusterRun(seed)
    assert.equal(failure, null, `${failure?.stack}\n${world.trace.last.join('\n')}`)
    assert.ok(acknowledged > 20, `only ${acknowledged} records were acknowledged`)
  })
}
