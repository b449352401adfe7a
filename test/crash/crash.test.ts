// A little of the campaigns of `npm run crash`, always the same.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ready } from '../../src/protocol/compression/index.ts'
import { BrokerFiles } from './broker-files.ts'
import { LogFiles } from './log-files.ts'
import { casesOf, UNSEEN_FIELDS } from './torn.ts'
import { tornImage } from './torn-images.ts'

await ready()

for (const kind of ['plain', 'zstd']) {
  test(`a batch (${kind}) that is cut, or has a bit turned, costs itself alone and is found`, async () => {
    for (const { how, field, run } of casesOf(await tornImage(kind), 37)) {
      const outcome = await run()
      const isUnseen = outcome === 'unseen' && UNSEEN_FIELDS.includes(field)
      assert.ok(outcome === 'found' || outcome === 'neighbour' || isUnseen, `${how}, ${field}: ${JSON.stringify(outcome)}`)
    }
  })
}

test('damaged files of a log directory are made again or refused, never believed', async () => {
  const files = await LogFiles.make(1)
  for (let number = 0; number < 60; number++) {
    const { kind, what, detail } = await files.run(number)
    assert.notEqual(kind, 'wrong', `file ${number}, ${what}: ${detail}`)
  }
})

test('a broker on damaged files gives the same answers, or says why it does not start', async () => {
  const files = await BrokerFiles.make()
  for (let number = 0; number < 6; number++) {
    const { kind, what, detail } = await files.run(number)
    assert.notEqual(kind, 'wrong', `file ${number}, ${what}: ${detail}`)
  }
})
