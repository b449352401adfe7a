// A little of the campaigns of `npm run crash`, always the same.

import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ready } from '../../src/protocol/compression/index.ts'
import { BrokerFiles } from './broker-files.ts'
import type { Campaign } from './campaign.ts'
import { LogFiles } from './log-files.ts'
import { planOf, runShare } from './share.ts'
import { casesOf, mayBeUnseen } from './torn.ts'
import { tornImage } from './torn-images.ts'

await ready()

for (const kind of ['plain', 'zstd', 'with gaps that compaction left']) {
  test(`a batch (${kind}) that is cut, or has a bit turned, costs itself alone and is found`, async () => {
    const image = await tornImage(kind)
    for (const { how, field, run } of casesOf(image, 37)) {
      const outcome = await run()
      const isUnseen = outcome === 'unseen' && mayBeUnseen(image, field)
      assert.ok(outcome === 'found' || outcome === 'neighbour' || isUnseen, `${how}, ${field}: ${JSON.stringify(outcome)}`)
    }
  })
}

test('damaged files of a log directory are made again or refused, never believed', async () => {
  const files = await LogFiles.make(1)
  for (let number = 0; number < 60; number++) {
    const { kind, what, detail } = await files.run(number)
    assert.notEqual(kind, 'wrong', `file ${number}, ${what}: ${detail}`)
  }
})

test('a broker on damaged files gives the same answers, or says why it does not start', async () => {
  const files = await BrokerFiles.make()
  for (let number = 0; number < 6; number++) {
    const { kind, what, detail } = await files.run(number)
    assert.notEqual(kind, 'wrong', `file ${number}, ${what}: ${detail}`)
  }
})

test('a share without a number is small, and counts only while the target is not reached', async () => {
  const campaign: Campaign = { name: 'c', about: '', goals: [{ count: 'cases', target: 10 }], share: 3, run: async () => {} }
  const { times, isCounted } = planOf(campaign, 4, {})
  assert.deepEqual([times, isCounted], [3, true])
  assert.equal(planOf(campaign, 10, {}).isCounted, false)
  assert.deepEqual(planOf(campaign, 4, { untilTarget: true }), { times: 6, minutes: Infinity, isCounted: true })
  assert.deepEqual(planOf(campaign, 10, { times: 2, minutes: 1 }), { times: 2, minutes: 1, isCounted: true })
})

test('a campaign passes when it did something and nothing failed, in this share or earlier on the commit', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'odradek-crash-share-'))
  try {
    let bad = false
    const firsts: number[] = []
    const campaign: Campaign = {
      name: 'c',
      about: '',
      goals: [{ count: 'cases', target: 4 }],
      share: 2,
      async run({ counters, first, times }) {
        firsts.push(first)
        counters.add({ cases: times })
        if (bad) counters.fail('it broke', 'again')
      },
    }
    const path = join(dir, 'c.json')
    const on = (commit: string) => ({ path, commit, today: '2026-11-21' })
    assert.equal(await runShare(campaign, {}, on('a')), 'passed: 2 cases')
    bad = true
    assert.equal(await runShare(campaign, {}, on('a')), 'FAILED 1 times')
    bad = false
    assert.match(await runShare(campaign, { untilTarget: true }, on('a')), /^FAILED earlier/)
    assert.match(await runShare(campaign, {}, on('a')), /^FAILED earlier/)
    assert.equal(await runShare(campaign, { untilTarget: true }, on('b')), 'passed')
    const before = readFileSync(path, 'utf8')
    assert.equal(await runShare(campaign, {}, on('b')), 'passed: 2 cases, not counted')
    bad = true
    assert.equal(await runShare(campaign, {}, on('b')), 'FAILED 1 times')
    assert.equal(readFileSync(path, 'utf8'), before)
    assert.deepEqual(firsts.slice(0, 2), [0, 2])
    assert.ok(firsts.slice(2).every((first) => first > 4))
    assert.match(await runShare({ ...campaign, run: async () => {} }, {}, on('b')), /^NOT RUN/)
  } finally {
    rmSync(dir, { recursive: true })
  }
})
