import assert from 'node:assert/strict'
import { test } from 'node:test'
import { messageJson } from './json.ts'
import { array, bytes, exact, int16, int64, message, nullable, string, struct, tagged, uuid } from './schema.ts'

const Thing = message({
  name: 'Thing',
  versions: '0-1',
  flexible: '1+',
  fields: {
    name: string(),
    more: nullable(string({ versions: '1+' })),
    data: bytes(),
    big: exact(int64()),
    id: uuid(),
    parts: array({ number: int16(), tags: tagged(0, array(string(), { versions: '1+' })) }),
    extra: tagged(0, struct({ size: int16() }, { versions: '1+' })),
  },
})

const thing = {
  name: 'a"b',
  more: null,
  data: Buffer.from('hé'),
  big: 2n ** 62n + 1n,
  id: 'AAAAAAAAAAAAAAAAAAAAAQ',
  parts: [
    { number: 1, tags: [] },
    { number: 2, tags: ['x'] },
  ],
  extra: { size: 0 },
}

test('a version shows the fields that it has, and tagged ones where they say something', () => {
  assert.equal(
    messageJson(Thing, 1, thing),
    '{"name":"a\\"b","more":null,"data":"aMOp","big":4611686018427387905,"id":"AAAAAAAAAAAAAAAAAAAAAQ","parts":[{"number":1},{"number":2,"tags":["x"]}]}',
  )
  assert.equal(
    messageJson(Thing, 0, { ...thing, extra: { size: 7 } }),
    '{"name":"a\\"b","data":"aMOp","big":4611686018427387905,"id":"AAAAAAAAAAAAAAAAAAAAAQ","parts":[{"number":1},{"number":2}]}',
  )
  assert.match(messageJson(Thing, 1, { ...thing, extra: { size: 7 } }), /,"extra":\{"size":7\}\}$/)
})
