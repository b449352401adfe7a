import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { BugRecord } from './bug-record.ts'

function tempPath(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'odradek-record-'))
  t.after(() => rmSync(dir, { recursive: true }))
  return join(dir, 'bugs.json')
}

test('a bug keeps one row, of the commit it was hunted on last', (t) => {
  const path = tempPath(t)
  const first = new BugRecord(path, 'aaa', '2026-01-01')
  first.note({ bug: 'one', seed: null, tried: 20, title: 'NOT FOUND' })
  first.note({ bug: 'other', seed: 3, tried: 2, title: 'Violation: lost' })
  first.note({ bug: 'one', seed: 25, tried: 24, title: 'Violation: twice' })
  assert.equal(first.ofNow('one')?.seed, 25)
  const second = new BugRecord(path, 'bbb', '2026-01-02')
  assert.deepEqual([second.of('one')?.seed, second.ofNow('one')], [25, undefined], 'where to begin, and no find of now')
  second.note({ bug: 'one', seed: null, tried: 10, title: 'NOT FOUND' })
  assert.deepEqual(JSON.parse(readFileSync(path, 'utf8')), [
    { bug: 'one', commit: 'bbb', date: '2026-01-02', seed: null, tried: 10, title: 'NOT FOUND' },
    { bug: 'other', commit: 'aaa', date: '2026-01-01', seed: 3, tried: 2, title: 'Violation: lost' },
  ])
})
