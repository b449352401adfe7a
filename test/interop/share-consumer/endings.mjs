/** How it ends: signals, close, unsubscribe; and a broker that is killed under it. */
import assert from 'node:assert/strict'
import {
  consumer,
  explicit,
  failure,
  healthy,
  numbers,
  runner,
  sorted,
  stage,
  take,
  until,
  using,
  valuesOf,
  write,
} from './world.mjs'

const SHARE_GROUPS = 'org.apache.kafka.tools.consumer.group.ShareGroupCommand'

export async function endings(world) {
  const { test, client, tools, kind } = world
  const described = (group, what) =>
    tools.must(SHARE_GROUPS, ['--bootstrap-server', world.broker.bootstrap, '--describe', '--group', group, what])

  await test('a signal ends polls, loops, runs and commits, and the consumer goes on', async () => {
    const group = await stage(world, 'signals')
    await using([consumer(world, group)], async (one) => {
      await until(
        () => '',
        async () => (await one.poll({ timeoutMs: 300 })).length === 0,
      )
      const inAMoment = () => ({ signal: AbortSignal.timeout(200) })
      assert.equal((await failure(one.poll(inAMoment()))).name, 'AbortError')
      assert.equal((await failure(one.records(inAMoment()).next())).code, 'ABORTED')
      assert.equal((await failure(one.batches(inAMoment()).next())).code, 'ABORTED')
      await one.run({ eachRecord() {}, ...inAMoment() })
      await write(world, group, ['a'])
      assert.deepEqual(valuesOf(await take(one, 1)), ['a'])
      assert.equal((await failure(one.commitSync({ signal: AbortSignal.abort() }))).code, 'ABORTED')
    })
  })

  await test('close acknowledges what is done, leaves the group, and leaves no timer and no connection', async () => {
    const group = await stage(world, 'close')
    await write(world, group, numbers(0, 5))
    const open = () => process.getActiveResourcesInfo().filter((name) => /Timeout|TCP/.test(name)).length
    const before = open()
    const heard = []
    const one = consumer(world, group, explicit)
    try {
      one.setAcknowledgementCommitCallback(({ offsets, error }) => void heard.push(...(error ? [error.code] : offsets)))
      const records = await take(one, 5)
      for (const record of records.slice(0, 3)) one.acknowledge(record)
      assert.ok(open() > before)
      assert.match(await described(group, '--members'), /close/)
    } finally {
      await one[Symbol.asyncDispose]() // what `await using` calls
    }
    assert.deepEqual(heard, [0, 1, 2])
    await until(
      () => process.getActiveResourcesInfo().join(),
      () => open() <= before,
      5000,
    )
    assert.match(await described(group, '--state'), /Empty/)
    await using([consumer(world, group)], async (two) => {
      assert.deepEqual(valuesOf(await take(two, 2)), ['3', '4'])
      await two.commitSync()
    })
  })

  await test('nothing works after close, and close waits for handlers at work', async () => {
    const group = await stage(world, 'after')
    await write(world, group, ['a'])
    const one = consumer(world, group)
    let isDone = false
    let isAtWork
    const atWork = new Promise((resume) => (isAtWork = resume))
    const running = one.run({
      eachRecord: async () => {
        isAtWork()
        await new Promise((resume) => setTimeout(resume, 500))
        isDone = true
      },
    })
    await Promise.race([atWork, running]).finally(() => one.close())
    await running
    assert.ok(isDone)
    for (const act of [() => one.poll(), () => one.commitSync(), () => one.unsubscribe()]) {
      assert.equal((await failure(act())).code, 'CLOSED')
    }
    assert.throws(() => one.subscribe(group), { code: 'CLOSED' })
    await using([consumer(world, group)], async (two) => assert.deepEqual(await two.poll({ timeoutMs: 1500 }), []))
  })

  await test('unsubscribe gives everything back; another subscription begins anew', async () => {
    const group = await stage(world, 'unsubscribed')
    await write(world, group, ['a'])
    await using([consumer(world, group)], async (one) => {
      await take(one, 1)
      await one.unsubscribe()
      assert.equal((await failure(one.poll())).code, 'INVALID_STATE')
      one.subscribe(group)
      const [again] = await take(one, 1)
      assert.equal(again.deliveryCount, 2)
    })
  })

  await test('a member that the coordinator took for gone joins again and goes on', async () => {
    const group = await stage(world, 'away')
    await write(world, group, ['a'])
    await using([consumer(world, group, { maxPollIntervalMs: 1000 })], async (one) => {
      const iterator = one.records()
      assert.equal((await iterator.next()).value.value, 'a')
      await until(
        () => 'it is still a member',
        async () => /Empty/.test(await described(group, '--state')),
      )
      await write(world, group, ['b'])
      assert.equal((await iterator.next()).value.value, 'b')
    })
  })

  await test('a broker that is killed under it comes back, and nothing is missing', async () => {
    const group = await stage(world, 'broker-killed', { 'share.record.lock.duration.ms': 5000 })
    const values = numbers(0, 3000)
    await write(world, group, values, { batchSize: 500 })
    const member = runner(world, group, { config: { maxPollRecords: 50 }, workMs: 2 })
    try {
      await until(
        () => `${member.records.length}`,
        () => healthy([member]) && member.records.length > 300,
      )
      await world.broker.kill()
      const { dir, port } = world.broker
      world.broker = await world.restart({ kind, dir, port, overrides: world.overrides, readyMs: 180_000 })
      const seen = () => new Set(valuesOf(member.records))
      await until(
        () => `${seen().size} of ${values.length}`,
        () => healthy([member]) && seen().size === values.length,
        120_000,
      )
      assert.deepEqual(sorted(seen()), values)
      const twice = member.records.length - values.length
      assert.ok(twice <= 200, `${twice} came again: more than were under way`)
    } finally {
      await member.close()
    }
  })

  await test('an error of a broker that is gone is typed, and close does not hang', async () => {
    const one = new client.ShareConsumer({ bootstrapServers: '127.0.0.1:1', groupId: 'nowhere' })
    one.subscribe('nowhere')
    assert.deepEqual(await one.poll({ timeoutMs: 300 }), [])
    await one.close({ timeoutMs: 2000 })
    assert.equal((await failure(one.poll())).code, 'CLOSED')
  })
}
