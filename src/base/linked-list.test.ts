import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from '../../test/support/fast-check.ts'
import { type Link, LinkedList } from './linked-list.ts'

test('members leave from anywhere, and the others keep their order', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.nat(20), { nil: 'add' as const })), (steps) => {
      const list = new LinkedList<number>()
      const links: Link<number>[] = []
      let count = 0
      for (const step of steps) {
        if (step === 'add') links.push(list.add(count++))
        else if (step < links.length) assert.equal(links.splice(step, 1)[0]!.remove(), true)
        assert.deepEqual(
          [...list],
          links.map(({ value }) => value),
        )
        assert.equal(list.size, links.length)
      }
    }),
  )
})

test('a link is left once', () => {
  const list = new LinkedList<string>()
  const link = list.add('a')
  list.add('b')
  assert.deepEqual([link.isIn, link.remove(), link.isIn, link.remove()], [true, true, false, false])
  assert.deepEqual([...list], ['b'])
})

test('who leaves while all are told is not told, and who comes is told the next time', () => {
  const list = new LinkedList<() => void>()
  const told: string[] = []
  const first = list.add(() => {
    told.push('first')
    first.remove()
    third.remove()
    list.add(() => told.push('late'))
  })
  list.add(() => told.push('second'))
  const third = list.add(() => told.push('third'))
  list.visit((run) => run())
  assert.deepEqual(told, ['first', 'second'])
  list.visit((run) => run())
  assert.deepEqual(told, ['first', 'second', 'second', 'late'])
})

test('the member at hand may leave while the list is walked', () => {
  const list = new LinkedList<Link<number> | null>()
  const numbers = new LinkedList<number>()
  for (let at = 0; at < 5; at++) list.add(numbers.add(at))
  const seen: number[] = []
  let at = 0
  const links = [...list]
  for (const value of numbers) {
    seen.push(value)
    links[at++]!.remove()
  }
  assert.deepEqual([seen, numbers.size], [[0, 1, 2, 3, 4], 0])
})
