import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../../test/support/manual-clock.ts'
import type { Controller } from '../../metadata/controller/controller.ts'
import { Slices } from '../../platform/slices.ts'
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
