/** Locks: how long a record is a member's, and what happens when that is over. */
import assert from 'node:assert/strict'
import { consumer, explicit, numbers, sleep, stage, take, using, valuesOf, write } from './world.mjs'

const LOCK_MS = 2500
const short = { 'share.record.lock.duration.ms': LOCK_MS }

export async function locks(world) {
  const { test } = world

  await test('a consumer knows how long its records are locked', async () => {
    const group = await stage(world, 'duration', short)
    await write(world, group, ['a'])
    await using([consumer(world, group)], async (one) => {
      assert.equal(one.acquisitionLockTimeoutMs, null)
      await take(one, 1)
      assert.equal(one.acquisitionLockTimeoutMs, LOCK_MS)
    })
  })

  await test('when a lock is over another member gets the record, and who had it hears so by callback and commitSync', async () => {
    const group = await stage(world, 'timed-out', short)
    await write(world, group, ['a'])
    await using([consumer(world, group, explicit), consumer(world, group, explicit)], async (one, two) => {
      const heard = []
      one.setAcknowledgementCommitCallback(({ error }) => void heard.push(error?.code))
      const [record] = await take(one, 1)
      const [again] = await take(two, 1)
      assert.deepEqual([again.value, again.deliveryCount], ['a', 2])
      one.acknowledge(record)
      const [outcome] = await one.commitSync()
      assert.equal(outcome.error?.code, 'INVALID_RECORD_STATE')
      assert.deepEqual(heard, ['INVALID_RECORD_STATE'])
      two.acknowledge(again)
      assert.equal((await two.commitSync())[0].error, null)
    })
  })

  await test('a renewed lock holds for another time, as often as it is renewed', async () => {
    const group = await stage(world, 'renewed', short)
    await write(world, group, ['a'])
    await using([consumer(world, group, explicit), consumer(world, group)], async (one, two) => {
      const [record] = await take(one, 1)
      const waiting = two.poll({ timeoutMs: 3 * LOCK_MS })
      for (const until = performance.now() + 3 * LOCK_MS; performance.now() < until; ) {
        await sleep(LOCK_MS / 3)
        one.acknowledge(record, 'renew')
        const [outcome] = await one.commitSync()
        assert.equal(outcome?.error, null)
      }
      assert.deepEqual(await waiting, [])
      one.acknowledge(record)
      assert.equal((await one.commitSync())[0].error, null)
      assert.deepEqual(await two.poll({ timeoutMs: LOCK_MS }), [])
    })
  })

  await test('with renewLocks a handler keeps its record as long as it works', async () => {
    const group = await stage(world, 'kept', short)
    await write(world, group, ['a'])
    await using([consumer(world, group), consumer(world, group)], async (one, two) => {
      const stop = new AbortController()
      let isAtWork
      const atWork = new Promise((resume) => (isAtWork = resume))
      const running = one.run({
        renewLocks: true,
        signal: stop.signal,
        eachRecord: async (_, { isStale }) => {
          isAtWork()
          await sleep(3 * LOCK_MS)
          assert.equal(isStale(), false)
          stop.abort()
        },
      })
      await Promise.race([atWork, running])
      assert.deepEqual(await two.poll({ timeoutMs: 2 * LOCK_MS }), [])
      await running
      await one.commitSync()
      assert.deepEqual(await two.poll({ timeoutMs: LOCK_MS }), [])
    })
  })

  await test('renewals, acceptances and releases go together', async () => {
    const group = await stage(world, 'mixed', short)
    await write(world, group, numbers(0, 6), { partition: 0 })
    await using([consumer(world, group, explicit)], async (one) => {
      const records = await take(one, 6)
      const fates = ['renew', 'accept', 'release']
      for (const record of records) one.acknowledge(record, fates[record.offset % 3])
      const outcomes = await one.commitSync()
      assert.deepEqual(
        outcomes.flatMap(({ offsets, error }) => (error ? [error.code] : offsets)),
        [0, 1, 2, 3, 4, 5],
      )
      const again = await take(one, 2)
      assert.deepEqual(
        again.map(({ value, deliveryCount }) => [value, deliveryCount]),
        [
          ['2', 2],
          ['5', 2],
        ],
      )
      for (const record of again) one.acknowledge(record)
      for (const record of records) if (record.offset % 3 === 0) one.acknowledge(record)
      const told = await one.commitSync()
      assert.deepEqual(
        told.flatMap(({ offsets, error }) => (error ? [error.code] : offsets)),
        [0, 2, 3, 5],
      )
    })
  })

  await test('what waits in a slow member longer than its lock goes to others, and is not handed out there as well', async () => {
    const group = await stage(world, 'slow', short)
    await write(world, group, numbers(0, 5), { partition: 0 })
    await using([consumer(world, group), consumer(world, group)], async (slow, quick) => {
      const iterator = slow.records()
      assert.equal((await iterator.next()).value.value, '0')
      const seen = await take(quick, 5)
      assert.deepEqual(valuesOf(seen), numbers(0, 5))
      await quick.commitSync()
      await write(world, group, ['new'])
      assert.equal((await iterator.next()).value.value, 'new')
    })
  })

  await test("the signal of a handler is aborted when its record's lock is over", async () => {
    const group = await stage(world, 'signal', short)
    await write(world, group, ['a'])
    await using([consumer(world, group)], async (one) => {
      const stop = new AbortController()
      let heldMs = 0
      await one.run({
        signal: stop.signal,
        eachRecord: async (_, { signal, isStale }) => {
          const from = performance.now()
          await new Promise((resume) => signal.addEventListener('abort', resume))
          heldMs = performance.now() - from
          assert.ok(isStale())
          stop.abort()
        },
      })
      assert.ok(heldMs > LOCK_MS / 2, `${heldMs}`)
    })
  })
}
