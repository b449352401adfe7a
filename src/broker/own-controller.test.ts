import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OwnController } from './own-controller.ts'

test('a controller is confirmed by the commit of a record that it writes later, in the same epoch, and by nothing else', () => {
  let commit = (_: number) => {}
  const log = { isLeader: true, epoch: 3, endOffset: 10, onCommit: (run: (offset: number) => void) => void (commit = run) }
  const own = new OwnController(log)
  let count = 0
  const ask = () => own.onceConfirmed(() => count++)
  ask()
  commit(10)
  assert.equal(count, 0, 'that was written before')
  commit(11)
  commit(12)
  assert.equal(count, 1)
  log.endOffset = 12
  ask()
  log.epoch = 4
  commit(13)
  assert.equal(count, 1, 'another epoch began meanwhile')
  log.endOffset = 13
  ask()
  log.isLeader = false
  commit(14)
  assert.equal(count, 1)
})
