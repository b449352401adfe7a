import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lineReader } from './commands/line-reader.ts'
import { linesOf } from './lines.ts'

async function lines(...pieces: (string | Uint8Array)[]) {
  async function* input() {
    for (const piece of pieces) yield Buffer.from(piece as string)
  }
  const found: string[] = []
  for await (const some of linesOf(input())) found.push(...some)
  return found
}

test('lines end as Java ends them, wherever the pieces end', async () => {
  assert.deepEqual(await lines('a\nb\r\nc\rd'), ['a', 'b', 'c', 'd'])
  assert.deepEqual(await lines('a\r', '\nb\n', '\n', 'c\r'), ['a', 'b', '', 'c'])
  assert.deepEqual(await lines(), [])
  const [first, second] = [Buffer.from('ä').subarray(0, 1), Buffer.from('ä\n').subarray(1)]
  assert.deepEqual(await lines(first, second), ['ä'])
})

test('marks that cannot be told from each other are refused', () => {
  const make = (properties: Record<string, string>) => () => lineReader('t', new Map(Object.entries(properties)))
  assert.throws(make({ 'headers.separator': ':' }), { message: 'headers.separator and headers.key.separator may not be equal' })
  assert.throws(make({ 'null.marker': '\t' }), { message: 'null.marker and key.separator may not be equal' })
})

test('what is missing is told with its line, or let pass', () => {
  const strict = lineReader('t', new Map([['parse.headers', 'true']]))
  strict('a:1\tx')
  assert.throws(() => strict('nothing'), { message: "No headers delimiter found on line number 2: 'nothing'" })
  assert.throws(() => strict('a\tx'), { message: "No header key separator found in pair 'a' on line number 3" })
  const lax = lineReader(
    't',
    new Map([
      ['parse.headers', 'TRUE'],
      ['ignore.error', 'true'],
    ]),
  )
  assert.deepEqual(lax('nothing'), { topic: 't', key: null, value: Buffer.from('nothing') })
  assert.deepEqual(lax('a,b:,\tx').headers, [
    { key: 'a', value: null },
    { key: 'b', value: Buffer.from('') },
  ])
})
