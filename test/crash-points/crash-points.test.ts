// A small sample of crash points, and whether their judge notices anything. All of them: npm run crash -- --only points.

import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { ready } from '../../src/protocol/compression/index.ts'
import { judgeAt, type Played, type Point, play, pointsOf, report } from './campaign.ts'
import type { Workload } from './stage.ts'
import { workloads } from './workloads/index.ts'
import { produce } from './workloads/produce.ts'

const SAMPLE = 3
/** Of what is acknowledged too early: not every state has lost it. */
const PLANTED_SAMPLE = 6
/** Between the boundaries that are looked at: listing all takes longer than opening some. */
const EVERY = 61

before(ready)

async function sample(workload: Workload, count = SAMPLE): Promise<{ played: Played; points: Point[] }> {
  const played = await play(workload, 1)
  return { played, points: pointsOf(played, EVERY).slice(0, count) }
}

for (const workload of workloads) {
  test(`${workload.name}: states that a power cut may leave open, have all that was acknowledged, and serve`, async () => {
    const { played, points } = await sample(workload)
    for (const point of points) {
      const failure = await judgeAt(played, point)
      assert.equal(failure, null, failure ? report(played, point, failure) : '')
    }
  })
}

test('records that are acknowledged before they are flushed are missed', async () => {
  const { played, points } = await sample(
    { ...produce, overrides: { ...produce.overrides, 'log.flush.policy': 'os' } },
    PLANTED_SAMPLE,
  )
  const failures = []
  for (const point of points) failures.push((await judgeAt(played, point))?.error.message ?? '')
  assert.match(failures.join('\n'), /was promised, but it ends at/)
})
