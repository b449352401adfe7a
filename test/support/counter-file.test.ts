import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { openCounters } from './counter-file.ts'

test('counts of several commits add up, and each commit keeps its own share', (t) => {
  const path = tempPath(t)
  const first = openCounters('kills', { path, commit: 'aaa', today: '2026-01-01' })
  first.add({ kills: 3, records: 100 }, 1.04)
  first.add({ kills: 1 }, 0.5)
  first.save()
  const second = openCounters('kills', { path, commit: 'bbb', today: '2026-01-02' })
  second.add({ kills: 6 })
  assert.equal(second.total('kills'), 10)
  second.save()
  second.add({ kills: 1 })
  second.save()
  assert.deepEqual(JSON.parse(readFileSync(path, 'utf8')), [
    { commit: 'aaa', date: '2026-01-01', counts: { kills: 4, records: 100 }, seconds: 1.5, failures: [] },
    { commit: 'bbb', date: '2026-01-02', counts: { kills: 7 }, seconds: 0, failures: [] },
  ])
  assert.deepEqual(readdirSync(dirname(path)), ['kills.json'])
})

test('what two processes save of one commit is kept of both', (t) => {
  const path = tempPath(t)
  const [one, other] = [openCounters('kills', { path, commit: 'aaa' }), openCounters('kills', { path, commit: 'aaa' })]
  one.add({ kills: 1 })
  other.add({ kills: 2 })
  one.save()
  other.save()
  assert.deepEqual([one.total('kills'), one.shares.length], [3, 1])
})

test('a failure that comes again is counted, with the first way to repeat it', (t) => {
  const counters = openCounters('kills', { path: tempPath(t), commit: 'aaa' })
  counters.fail('lost', '--seed 1')
  counters.fail('lost', '--seed 2')
  counters.save()
  assert.equal(counters.failuresHere, 2)
  assert.deepEqual(counters.shares[0]!.failures, [{ title: 'lost', repeat: '--seed 1', times: 2 }])
})

test('a counter file that is damaged is refused, not begun anew', (t) => {
  const path = tempPath(t)
  writeFileSync(path, '[{"commit"')
  assert.throws(() => openCounters('kills', { path }), /kills\.json is not JSON: restore it/)
  writeFileSync(path, '{}')
  assert.throws(() => openCounters('kills', { path }), /kills\.json holds no list/)
})

test('a run is counted for the commit of the sources', (t) => {
  const counters = openCounters('kills', { path: tempPath(t) })
  counters.add({ kills: 1 })
  assert.match(counters.shares[0]!.commit, /^([0-9a-f]{7,40}(-changed)?|no-repository)$/)
})

function tempPath(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'odradek-counters-'))
  t.after(() => rmSync(dir, { recursive: true }))
  return join(dir, 'kills.json')
}

test('what is not kept is counted for whoever asks, and leaves the file as it is; failures of the commit are those of all its shares', (t) => {
  const path = tempPath(t)
  const first = openCounters('c', { path, commit: 'a', today: '2026-01-01' })
  first.fail('it broke', 'again')
  first.save()
  const before = readFileSync(path, 'utf8')
  const trial = openCounters('c', { path, commit: 'a', today: '2026-01-02', isKept: false })
  trial.add({ cases: 3 })
  trial.fail('it broke otherwise', 'again')
  trial.save()
  assert.deepEqual([trial.total('cases'), trial.failuresHere], [3, 1])
  assert.deepEqual(
    trial.failuresOnCommit.map(({ title }) => title),
    ['it broke', 'it broke otherwise'],
  )
  assert.equal(openCounters('c', { path, commit: 'b' }).failuresOnCommit.length, 0)
  assert.equal(readFileSync(path, 'utf8'), before)
})
