import assert from 'node:assert/strict'
import { test } from 'node:test'
import { placeOf } from './planting.ts'
import { scenarios } from './scenarios.ts'

const all = Object.values(scenarios).flatMap(({ bugs }) => bugs)

for (const bug of all) {
  test(`the bug ${bug.name} has its place in the sources`, () => {
    assert.notEqual(placeOf(bug).url, '')
    assert.notEqual(bug.find, bug.replace)
  })
}

test('a bug whose place is gone, or not alone, is refused', () => {
  const bug = { name: 'none', what: '', where: 'src/log', replace: '' }
  assert.throws(() => placeOf({ ...bug, find: 'no such text' }), /0 times/)
  assert.throws(() => placeOf({ ...bug, find: 'return' }), /times in src\/log/)
})

test('names of bugs are told apart', () => {
  assert.equal(new Set(all.map(({ name }) => name)).size, all.length)
})
