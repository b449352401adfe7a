import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../../test/support/manual-clock.ts'
import { AssignedPartition } from './assigned-partition.ts'
import { Deliveries } from './deliveries.ts'

test('who says that it is at work is not overdue, however long it takes', () => {
  const clock = new ManualClock()
  const deliveries = new Deliveries(clock)
  const delivery = deliveries.open({ isHandler: true })
  deliveries.give(delivery, new AssignedPartition({ topic: 't', partition: 0 }).asList)
  clock.work(80)
  deliveries.goOn(delivery)
  clock.work(80)
  assert.equal(deliveries.isOverdue(100), false)
  clock.work(40)
  assert.equal(deliveries.isOverdue(100), true)
  // It takes long all the same.
  assert.equal(deliveries.atWorkFor(200).size, 1)
})
