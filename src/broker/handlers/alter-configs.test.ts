import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../../test/support/manual-clock.ts'
import type { Controller } from '../../metadata/controller/controller.ts'
import { Slices } from '../../platform/slices.ts'
import { KafkaError } from '../../protocol/errors.ts'
import type { ControllerChannel } from '../controller-channel.ts'
import type { RequestContext } from '../handler.ts'
import { incrementalAlterConfigs } from './alter-configs.ts'

const CLIENT_METRICS = 16

test('many resources are altered in parts, and one that comes twice is still refused', async () => {
  const asked: number[] = []
  const machine = { image: { configsOf: () => new Map() } } as unknown as Controller
  const controller = {
    ask: async (command: (machine: Controller) => { reply: { value: { responses: unknown[] } } }) => {
      const { value } = command(machine).reply
      asked.push(value.responses.length)
      return value
    },
  } as unknown as ControllerChannel
  const context = { may: () => true, slices: new Slices(new ManualClock()) } as unknown as RequestContext
  const resource = (name: string) => ({ resourceType: CLIENT_METRICS, resourceName: name, configs: [] })
  const names = Array.from({ length: 998 }, (_, i) => `metrics-${i}`)
  const resources = [resource('twice'), ...names.map(resource), resource('twice')]

  const handler = incrementalAlterConfigs({ controller, nodeId: 1 })
  const answer = await handler.handle({ resources, validateOnly: true }, context)
  const responses = answer!.responses!

  assert.deepEqual(asked, [200, 200, 200, 200, 200])
  const refused = responses.filter(({ errorMessage }) => errorMessage === 'Each resource must appear at most once.')
  assert.deepEqual(
    refused.map(({ resourceName }) => resourceName),
    ['twice', 'twice'],
  )
  assert.equal(new Set(responses.map(({ resourceName }) => resourceName)).size, 999)
})

test('a part that fails is answered with its error, and the parts around it with what was altered', async () => {
  let asked = 0
  const machine = { image: { configsOf: () => new Map() } } as unknown as Controller
  const controller = {
    ask: async (command: (machine: Controller) => { reply: { value: unknown } }) => {
      if (++asked === 3) throw new KafkaError('REQUEST_TIMED_OUT', 'the third')
      return command(machine).reply.value
    },
  } as unknown as ControllerChannel
  const context = {
    may: () => true,
    slices: new Slices(new ManualClock()),
    answerFor: (thrown: unknown) => KafkaError.of(thrown),
  } as unknown as RequestContext
  const resources = Array.from({ length: 1000 }, (_, i) => ({
    resourceType: CLIENT_METRICS,
    resourceName: `metrics-${i}`,
    configs: [],
  }))
  const handler = incrementalAlterConfigs({ controller, nodeId: 1 })
  const { responses } = (await handler.handle({ resources, validateOnly: true }, context))!
  const timedOut = responses!.filter(({ errorCode }) => errorCode === new KafkaError('REQUEST_TIMED_OUT').code)
  assert.deepEqual(
    timedOut.map(({ resourceName }) => resourceName),
    resources.slice(400, 600).map(({ resourceName }) => resourceName),
  )
  assert.deepEqual([asked, responses!.length], [5, 1000])
})

test('a resource with more than 1,000 configurations is refused, and those beside it are not', async () => {
  const rules = { validate() {} }
  const image = { configsOf: () => new Map() }
  const machine = { image, settings: { rules } } as unknown as Controller
  const controller = {
    ask: async (command: (machine: Controller) => { reply: { value: unknown } }) => command(machine).reply.value,
  } as unknown as ControllerChannel
  const context = { may: () => true, slices: new Slices(new ManualClock()) } as unknown as RequestContext
  const resource = (resourceName: string, count: number) => ({
    resourceType: CLIENT_METRICS,
    resourceName,
    configs: Array.from({ length: count }, (_, i) => ({ name: `key-${i}`, configOperation: 0, value: '1' })),
  })
  const handler = incrementalAlterConfigs({ controller, nodeId: 1 })
  const answer = await handler.handle(
    { resources: [resource('many', 1001), resource('some', 1000)], validateOnly: true },
    context,
  )
  assert.deepEqual(
    answer!.responses!.map(({ resourceName, errorMessage }) => [resourceName, errorMessage]),
    [
      ['many', '1001 configurations of one resource; 1000 are allowed in a request'],
      ['some', null],
    ],
  )
})
