// What a program leaves out is what the tables say, of which docs/reference/client-options.md is made.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { adminOptions } from '../../config/client/admin.ts'
import { consumerOptions } from '../../config/client/consumer.ts'
import { producerOptions } from '../../config/client/producer.ts'
import { shareConsumerOptions } from '../../config/client/share-consumer.ts'
import type { Table } from '../../config/index.ts'
import { consumerSettings } from '../consumer/settings.ts'
import { OptionError } from '../errors/index.ts'
import { producerSettings } from '../producer/settings.ts'
import { shareConsumerSettings } from '../share-consumer/settings.ts'
import { resolveOptions } from './resolve.ts'

const given = { bootstrapServers: 'localhost:9092', groupId: 'g' }
const { groupId: _, ...withoutGroup } = given

test('each client has the defaults of its table', () => {
  const clients: readonly (readonly [Table, object])[] = [
    [producerOptions, producerSettings(withoutGroup, [])],
    [consumerOptions, consumerSettings(withoutGroup)],
    [shareConsumerOptions, shareConsumerSettings(given)],
    [adminOptions, resolveOptions(adminOptions, withoutGroup)],
  ]
  for (const [table, settings] of clients) {
    for (const [name, { initial, parse }] of Object.entries(table)) {
      if (initial === undefined || name === 'bootstrapServers') continue
      const expected = name === 'acks' ? -1 : initial === null ? null : parse(name, initial)
      assert.deepEqual((settings as Record<string, unknown>)[name], expected, name)
    }
  }
})

test("Kafka's options that are none here are refused with the reason", () => {
  const isClear = (thrown: unknown) =>
    thrown instanceof OptionError &&
    thrown.option === 'retries' &&
    /is no option here\. A call is tried until/.test(thrown.message)
  assert.throws(() => resolveOptions(adminOptions, { ...withoutGroup, retries: 3 }), isClear)
})
