// A few seeds of whole clusters, and every one that once failed. More of them: npm run sim -- --cluster.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { failedOnce } from '../failed-once.ts'
import { clusterRun } from './cluster-run.ts'

const TWICE = 1

for (const seed of new Set([TWICE, ...failedOnce('test/sim/cluster/seeds.txt')])) {
  test(`cluster seed ${seed}: what was acknowledged stays, all copies are the same, and all works again after the trouble`, async () => {
    const { failure, acknowledged, world } = await clusterRun(seed)
    assert.equal(failure, null, `${failure?.stack}\n${world.trace.last.join('\n')}`)
    assert.ok(acknowledged > 20, `only ${acknowledged} records were acknowledged`)
    if (seed === TWICE) assert.equal((await clusterRun(seed)).world.trace.hash, world.trace.hash)
  })
}
