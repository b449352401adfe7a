// The judge that compares replicas has to see a difference.

import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openCounters } from '../../support/counter-file.ts'
import { batchOf } from '../../support/kafka-client.ts'
import { Gaps } from '../gaps.ts'
import { differences } from './replicas.ts'

/** Segments of one partition, each of batches of one record, as they lie in `dir`. */
function replica(dir: string, segments: readonly (readonly string[])[]): string {
  const folder = join(dir, 't-0')
  mkdirSync(folder, { recursive: true })
  let offset = 0
  for (const values of segments) {
    const name = `${String(offset).padStart(20, '0')}.log`
    const bytes = values.map((value) => batchOf([{ value, timestamp: 1 }], { baseOffset: offset++ }))
    writeFileSync(join(folder, name), Buffer.concat(bytes))
  }
  return dir
}

test('replicas are equal when their batches are, wherever a segment ends and whatever comes later', () => {
  const dir = mkdtempSync(join(tmpdir(), 'odradek-replicas-'))
  try {
    const one = replica(join(dir, 'one'), [
      ['a', 'b'],
      ['c', 'not committed'],
    ])
    const two = replica(join(dir, 'two'), [['a'], ['b', 'c']])
    const other = replica(join(dir, 'other'), [['a', 'B', 'c']])
    const short = replica(join(dir, 'short'), [['a', 'b']])
    assert.deepEqual(differences([one, two], 't', [3]), [])
    assert.match(differences([one, other], 't', [3])[0]!, /^the replicas of partition 0 differ below 3: 3 batches to 3 /)
    assert.match(differences([one, short], 't', [3])[0]!, /2 batches to 2/)
    assert.equal(differences([short, short], 't', [3]).length, 1)
  } finally {
    rmSync(dir, { recursive: true })
  }
})

test('gaps are told exactly for this share, and in steps for all shares', () => {
  const dir = mkdtempSync(join(tmpdir(), 'odradek-gaps-'))
  try {
    const options = { path: join(dir, 'c.json'), commit: 'a', today: '2026-11-21' }
    const before = openCounters('c', options)
    for (let i = 0; i < 50; i++) new Gaps('gap', before).add(40)
    before.save()
    const gaps = new Gaps('gap', openCounters('c', options))
    assert.equal(String(gaps), 'gap: none')
    for (const ms of [120, 130, 99_000]) gaps.add(ms)
    assert.equal(
      String(gaps),
      'gap: p50 130 ms, p99 99000 ms, longest 99000 ms of 3 (in all p50 up to 50 ms, p99 above 30000 ms)',
    )
  } finally {
    rmSync(dir, { recursive: true })
  }
})
