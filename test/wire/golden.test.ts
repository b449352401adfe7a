// What Apache Kafka 4.2.0 said and understood, byte for byte.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ByteReader, ByteWriter, MalformedBytes } from '../../src/base/bytes.ts'
import { apiByKey } from '../../src/protocol/api.ts'
import { readRequestHeader, readResponseHeader, writeRequestHeader, writeResponseHeader } from '../../src/protocol/header.ts'
import { codec } from '../../src/protocol/schema.ts'
import { type Conversation, goldenConversations } from './golden.ts'

const conversations = goldenConversations()

function responseOf({ apiKey, version, response }: Conversation) {
  const from = new ByteReader(response)
  const correlationId = readResponseHeader(from, apiKey, version)
  return { correlationId, value: codec(apiByKey(apiKey)!.response, version).read(from), left: from.left }
}

function requestOf({ request }: Conversation) {
  const from = new ByteReader(request!)
  const header = readRequestHeader(from)
  return { header, value: codec(apiByKey(header.apiKey)!.request, header.apiVersion).read(from), left: from.left }
}

test('every recorded response decodes and encodes to the same bytes', () => {
  assert.equal(conversations.length, 1389)
  for (const conversation of conversations) {
    const { id, apiKey, version, response } = conversation
    const { correlationId, value, left } = responseOf(conversation)
    assert.equal(left, 0, id)
    const to = new ByteWriter()
    writeResponseHeader(to, { apiKey, apiVersion: version, correlationId })
    codec(apiByKey(apiKey)!.response, version).write(to, value)
    assert.equal(Buffer.from(to.toBytes()).toString('hex'), Buffer.from(response).toString('hex'), id)
  }
})

// Kafka ignores what follows a request, reads every negative length as null and skips tags that it does not know; we do too, and write neither.
const WRITTEN_OTHERWISE: readonly string[] = []

test('every recorded request that Kafka answered decodes, and all but the odd ones encode to the same bytes', () => {
  const different: string[] = []
  for (const conversation of conversations.filter(({ request }) => request !== null)) {
    const { header, value } = requestOf(conversation)
    const to = new ByteWriter()
    writeRequestHeader(to, header)
    codec(apiByKey(header.apiKey)!.request, header.apiVersion).write(to, value)
    if (Buffer.compare(to.toBytes(), conversation.request!) !== 0) different.push(conversation.id)
  }
  assert.deepEqual(different, WRITTEN_OTHERWISE)
})

test('a recorded response that was cut off anywhere is malformed, and nothing else happens', () => {
  const seen = new Set<string>()
  for (const conversation of conversations) {
    const { id, apiKey, version, response } = conversation
    if (seen.has(`${apiKey} ${version}`) || response.length > 2000) continue
    seen.add(`${apiKey} ${version}`)
    for (let end = 0; end < response.length; end++) {
      assert.throws(
        () => responseOf({ ...conversation, response: response.subarray(0, end) }),
        MalformedBytes,
        `${id} cut at ${end}`,
      )
    }
  }
  assert.ok(seen.size > 200, `${seen.size} pairs of API and version`)
})
