import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../../test/support/manual-clock.ts'
import { noTexts, staticLayers } from '../../config/layers.ts'
import type { MetadataImage } from '../../metadata/image.ts'
import { Slices } from '../../platform/slices.ts'
import type { RequestContext } from '../handler.ts'
import { describeConfigs } from './describe-configs.ts'

const TOPIC = 2

/** The names of the resources that are described. */
async function described(names: readonly string[]): Promise<(string | undefined)[]> {
  const image = { configsOf: () => noTexts, topic: () => ({}) } as unknown as MetadataImage
  const layers = staticLayers(noTexts)
  const handler = describeConfigs({ image: () => image, layers: () => layers, nodeId: 1 })
  const resources = names.map((resourceName) => ({
    resourceType: TOPIC,
    resourceName,
    configurationKeys: ['retention.ms', 'retention.bytes'],
  }))
  const context = { may: () => true, slices: new Slices(new ManualClock()) } as unknown as RequestContext
  const answer = await handler.handle({ resources, includeSynonyms: false, includeDocumentation: false }, context)
  for (const { errorCode, configs } of answer!.results!) assert.deepEqual([errorCode, configs!.length], [0, 2])
  return answer!.results!.map(({ resourceName }) => resourceName)
}

test('a resource is described each time it is named among a few, and once among more than 200', async () => {
  const few = ['twice', ...Array.from({ length: 198 }, (_, i) => `t${i}`), 'twice']
  assert.deepEqual(await described(few), few)
  assert.deepEqual(await described([...few, 'last']), [...few.slice(0, -1), 'last'])
})
