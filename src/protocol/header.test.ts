import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ByteReader, ByteWriter, MalformedBytes } from '../base/bytes.ts'
import { readRequestHeader, readResponseHeader, writeRequestHeader, writeResponseHeader } from './header.ts'

function readHex(hex: string) {
  const from = new ByteReader(Buffer.from(hex.replaceAll(' ', ''), 'hex'))
  return { ...readRequestHeader(from), left: from.left }
}

function responseHeader(apiKey: number, apiVersion: number): string {
  const to = new ByteWriter()
  writeResponseHeader(to, { apiKey, apiVersion, correlationId: 7 })
  return Buffer.from(to.toBytes()).toString('hex')
}

test('the client id has a 16-bit length in both headers, and any negative one is null', () => {
  const common = { apiKey: 3, correlationId: 7, clientId: 'me', left: 1 }
  assert.deepEqual(readHex('0003 0008 00000007 0002 6d65 2a'), { ...common, apiVersion: 8, headerVersion: 1 })
  assert.deepEqual(readHex('0003 0009 00000007 0002 6d65 00 2a'), { ...common, apiVersion: 9, headerVersion: 2 })
  assert.equal(readHex('0003 0009 00000007 ffff 00 2a').clientId, null)
  assert.equal(readHex('0003 0008 00000007 fffe 2a').clientId, null)
})

test('unknown tags of a header are skipped', () => {
  assert.equal(readHex('0003 0009 00000007 ffff 01 05 02 cafe 2a').left, 1)
})

test('ApiVersions can be asked in versions that do not exist, and is always answered with header 0', () => {
  assert.equal(readHex('0012 7fff 00000007 ffff 00 2a').headerVersion, 2)
  assert.equal(readHex('0012 ffff 00000007 ffff 2a').headerVersion, 1)
  assert.equal(responseHeader(18, 4), '00000007')
  assert.equal(responseHeader(18, 0x7fff), '00000007')
})

test('a flexible answer has tags in its header, an older one has none', () => {
  assert.equal(responseHeader(3, 9), '0000000700')
  assert.equal(responseHeader(3, 8), '00000007')
  assert.equal(readResponseHeader(new ByteReader(Buffer.from('0000000700', 'hex')), 3, 9), 7)
})

test('what is written as a request header is read as the same', () => {
  for (const apiVersion of [8, 9]) {
    const header = { apiKey: 3, apiVersion, correlationId: -5, clientId: 'grüße' }
    const to = new ByteWriter()
    writeRequestHeader(to, header)
    assert.deepEqual(readRequestHeader(new ByteReader(to.toBytes())), { ...header, headerVersion: apiVersion - 7 })
  }
})

test('an API that nobody knows still has a readable header; half a header is malformed', () => {
  assert.equal(readHex('7fff 0000 00000007 ffff').apiKey, 0x7fff)
  assert.throws(() => readHex('0003 0008 0000'), MalformedBytes)
})
