/** What becomes of records: accepted, released, rejected, implicitly and explicitly; what is told of it. */
import assert from 'node:assert/strict'
import {
  consumer,
  explicit,
  failure,
  numbers,
  sleep,
  sorted,
  stage,
  take,
  takeSaying,
  until,
  using,
  valuesOf,
  write,
} from './world.mjs'

export async function acknowledging(world) {
  const { test, client, kind } = world

  if (kind === 'ours') {
    await test('a broker without share groups is told by a typed error, at once and again', async () => {
      await using([consumer(world, 'refused')], async (one) => {
        for (const read of [() => one.poll(), () => one.records().next(), () => one.run({ eachRecord() {} })]) {
          const why = await failure(read())
          assert.ok(why instanceof client.UnsupportedError, String(why))
          assert.equal(why.code, 'UNSUPPORTED_VERSION')
          assert.match(why.message, /^share groups \(KIP-932\) are not supported by this cluster/)
        }
      })
    })
  }

  await test('share groups are served', async () => {
    const group = await stage(world, 'served')
    await write(world, group, ['here'])
    await using([consumer(world, group)], async (one) => assert.deepEqual(valuesOf(await take(one, 1)), ['here']))
  })

  await test('implicitly, asking for the next record accepts the one before; who comes later gets what is left', async () => {
    const group = await stage(world, 'implicit')
    await write(world, group, numbers(0, 100))
    await using([consumer(world, group)], async (one) => {
      let at = 0
      for await (const { value, offset, deliveryCount } of one) {
        assert.deepEqual([value, offset, deliveryCount], [`${at}`, at, 1])
        if (++at === 41) break
      }
    })
    await using([consumer(world, group)], async (two) => {
      const records = await take(two, 60)
      assert.deepEqual(valuesOf(records), numbers(40, 100))
      // The last one of the first member was in its hands; the others were only waiting there, and count all the same.
      assert.ok(records.every(({ deliveryCount }) => deliveryCount === 2))
    })
  })

  await test('implicitly, commitSync accepts what a loop had when it was left', async () => {
    const group = await stage(world, 'left')
    await write(world, group, numbers(0, 3))
    await using([consumer(world, group)], async (one) => {
      for await (const { value } of one) if (value === '1') break
      assert.deepEqual(
        (await one.commitSync()).map(({ offsets, error }) => [offsets, error]),
        [[[0, 1], null]],
      )
    })
    await using([consumer(world, group)], async (two) => assert.deepEqual(valuesOf(await take(two, 1)), ['2']))
  })

  await test('implicitly, each poll and each batch accepts what was given before', async () => {
    const group = await stage(world, 'polls', { partitions: 2 })
    for (const partition of [0, 1]) await write(world, group, numbers(partition * 100, partition * 100 + 50), { partition })
    const seen = []
    await using([consumer(world, group, { maxPollRecords: 20 })], async (one) => {
      for (let i = 0; i < 2; i++) seen.push(...valuesOf(await one.poll()))
      for await (const { records, partition } of one.batches({ maxRecords: 7 })) {
        assert.ok(records.length <= 7 && records.every((each) => each.partition === partition))
        seen.push(...valuesOf(records))
        if (seen.length === 100) break
      }
      await one.commitSync()
    })
    assert.deepEqual(sorted(seen), [...numbers(0, 50), ...numbers(100, 150)])
    await using([consumer(world, group)], async (two) => assert.deepEqual(await two.poll({ timeoutMs: 1500 }), []))
  })

  await test('explicitly: accepted and rejected never come back, released comes again with a higher count', async () => {
    const group = await stage(world, 'explicit')
    await write(world, group, numbers(0, 9))
    await using([consumer(world, group, explicit)], async (one) => {
      const fates = ['accept', 'release', 'reject']
      const first = await takeSaying(one, 9, ({ offset }) => fates[offset % 3])
      assert.deepEqual(valuesOf(first), numbers(0, 9))
      const again = await takeSaying(one, 3, () => 'accept')
      assert.deepEqual(
        again.map(({ value, deliveryCount }) => [value, deliveryCount]),
        [
          ['1', 2],
          ['4', 2],
          ['7', 2],
        ],
      )
      assert.deepEqual(await one.poll({ timeoutMs: 1500 }), [])
    })
    await using([consumer(world, group)], async (two) => assert.deepEqual(await two.poll({ timeoutMs: 1500 }), []))
  })

  await test('explicitly, nothing more is given before all is acknowledged, and nothing is acknowledged twice', async () => {
    const group = await stage(world, 'states')
    await write(world, group, numbers(0, 2))
    await using([consumer(world, group, explicit)], async (one) => {
      const [a, b] = await take(one, 2)
      one.acknowledge(a)
      assert.equal((await failure(one.poll())).code, 'INVALID_STATE')
      assert.throws(() => one.acknowledge(a), { code: 'INVALID_STATE' })
      assert.throws(() => one.acknowledge({ topic: group, partition: 0, offset: 99 }), { code: 'INVALID_STATE' })
      assert.throws(() => one.acknowledge(b, 'keep'), { code: 'INVALID_OPTION' })
      one.acknowledge(b)
      assert.deepEqual(await one.poll({ timeoutMs: 500 }), [])
    })
    await using([consumer(world, group)], async (two) =>
      assert.throws(() => two.acknowledge({ topic: group, partition: 0, offset: 0 }), { code: 'INVALID_STATE' }),
    )
  })

  await test('a record that is released again and again comes as often as the broker allows, and then no more', async () => {
    const group = await stage(world, 'limit')
    await write(world, group, ['poison', 'good'])
    await using([consumer(world, group, explicit)], async (one) => {
      const seen = await takeSaying(one, 6, ({ value }) => (value === 'good' ? 'accept' : 'release'))
      const counts = seen.filter(({ value }) => value === 'poison').map(({ deliveryCount }) => deliveryCount)
      assert.deepEqual(counts, [1, 2, 3, 4, 5])
      assert.deepEqual(await one.poll({ timeoutMs: 1500 }), [])
    })
  })

  await test('commitSync tells of each partition what became of its records', async () => {
    const group = await stage(world, 'outcomes', { partitions: 3 })
    for (const partition of [0, 1, 2]) await write(world, group, numbers(0, 4), { partition })
    await using([consumer(world, group, explicit)], async (one) => {
      assert.deepEqual(await one.commitSync(), [])
      const told = []
      // Each of the three that is released comes once more.
      while (told.length < 15) {
        for (const record of await one.poll()) {
          one.acknowledge(record, record.offset === 0 && record.deliveryCount === 1 ? 'release' : 'accept')
        }
        for (const { topic, partition, offsets, error } of await one.commitSync()) {
          assert.deepEqual([topic, error], [group, null])
          told.push(...offsets.map((offset) => `${partition}:${offset}`))
        }
      }
      const once = [0, 1, 2].flatMap((partition) => [0, 1, 2, 3].map((offset) => `${partition}:${offset}`))
      assert.deepEqual(told.sort(), [...once, '0:0', '1:0', '2:0'].sort())
    })
  })

  await test('commitAsync does not wait, and the callback hears what became of the records', async () => {
    const group = await stage(world, 'async')
    await write(world, group, numbers(0, 10))
    await using([consumer(world, group)], async (one) => {
      const heard = []
      one.setAcknowledgementCommitCallback((outcome) => void heard.push(outcome))
      await take(one, 10)
      one.commitAsync()
      await until(
        () => JSON.stringify(heard),
        () => heard.flatMap(({ offsets }) => offsets).length === 10,
      )
      assert.deepEqual(
        heard.map(({ topic, partition, error }) => [topic, partition, error]),
        heard.map(() => [group, 0, null]),
      )
    })
  })

  await test('what the callback throws reaches the program', async () => {
    const group = await stage(world, 'callback')
    await write(world, group, numbers(0, 2))
    await using([consumer(world, group)], async (one) => {
      one.setAcknowledgementCommitCallback(() => {
        throw new Error('of the callback')
      })
      await take(one, 2)
      await one.commitSync()
      assert.equal((await failure(one.poll({ timeoutMs: 500 }))).message, 'of the callback')
    })
  })

  await test('what is done is told soon, also while the program is busy with the next record', async () => {
    const group = await stage(world, 'soon')
    await write(world, group, numbers(0, 3))
    await using([consumer(world, group), consumer(world, group)], async (one) => {
      const heard = []
      one.setAcknowledgementCommitCallback(({ offsets }) => void heard.push(...offsets))
      const iterator = one.records()
      await iterator.next()
      await iterator.next()
      await until(
        () => heard.join(),
        () => heard.length === 1,
        5000,
      )
    })
  })

  await test('run: handlers at work at once; one that throws gives its record back, and the next delivery is accepted', async () => {
    const group = await stage(world, 'run', { partitions: 2 })
    for (const partition of [0, 1]) await write(world, group, numbers(partition * 50, partition * 50 + 50), { partition })
    await using([consumer(world, group)], async (one) => {
      let working = 0
      let most = 0
      const stop = new AbortController()
      const done = []
      const failed = []
      await one.run({
        concurrency: 10,
        signal: stop.signal,
        onHandlerError: (_, records) => {
          failed.push(...valuesOf(records))
          return 'release'
        },
        eachRecord: async ({ value, deliveryCount }) => {
          most = Math.max(most, ++working)
          await sleep(5)
          working--
          if (Number(value) % 10 === 3 && deliveryCount === 1) throw new Error('not yet')
          done.push(value)
          if (done.length === 100) stop.abort()
        },
      })
      assert.equal(most, 10)
      assert.deepEqual(sorted(done), numbers(0, 100))
      assert.equal(failed.length, 10)
    })
    await using([consumer(world, group)], async (two) => assert.deepEqual(await two.poll({ timeoutMs: 1500 }), []))
  })

  for (const compressionType of ['gzip', 'snappy', 'lz4', 'zstd']) {
    await test(`records in ${compressionType}, of which a part is taken at a time`, async () => {
      const group = await stage(world, `compressed-${compressionType}`)
      await write(world, group, numbers(0, 300), { partition: 0, compressionType })
      await using([consumer(world, group, { maxPollRecords: 70, shareAcquireMode: 'record_limit' })], async (one) =>
        assert.deepEqual(valuesOf(await take(one, 300)), numbers(0, 300)),
      )
    })
  }

  await test('record_limit never gives more than maxPollRecords at a time, and the rest stays free for others', async () => {
    const group = await stage(world, 'limited')
    await write(world, group, numbers(0, 60), { partition: 0 })
    const config = { ...explicit, maxPollRecords: 5, shareAcquireMode: 'record_limit' }
    await using([consumer(world, group, config), consumer(world, group, config)], async (one, two) => {
      const [mine, others] = [await one.poll(), await two.poll()]
      assert.deepEqual([mine.length, others.length], [5, 5])
      assert.deepEqual(sorted([...valuesOf(mine), ...valuesOf(others)]), numbers(0, 10))
      for (const record of mine) one.acknowledge(record)
      for (const record of others) two.acknowledge(record)
      const rest = await takeSaying(one, 50, () => 'accept')
      assert.deepEqual(sorted(valuesOf(rest)), numbers(10, 60))
    })
  })

  await test('a record that cannot be deserialized is named, and can be rejected', async () => {
    const group = await stage(world, 'broken')
    await write(world, group, ['{"n":1}', 'no json', '{"n":3}'])
    const config = { ...explicit, valueDeserializer: client.serdes.json() }
    await using([consumer(world, group, config)], async (one) => {
      const values = []
      for (let i = 0; i < 2; i++) {
        try {
          for (;;) {
            const records = await one.poll({ timeoutMs: 10_000 })
            if (records.length === 0) break
            for (const record of records) {
              values.push(record.value.n)
              one.acknowledge(record)
            }
            if (values.includes(3)) break
          }
        } catch (thrown) {
          assert.ok(thrown instanceof client.RecordDeserializationError, String(thrown))
          assert.equal(thrown.offset, 1)
          one.acknowledge(thrown, 'reject')
        }
      }
      assert.deepEqual(values, [1, 3])
      await one.commitSync()
    })
    await using([consumer(world, group)], async (two) => assert.deepEqual(await two.poll({ timeoutMs: 1500 }), []))
  })
}
