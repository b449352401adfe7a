import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseConnectString } from './connect-string.ts'

test('servers and chroot are read as Kafka reads them', () => {
  assert.deepEqual(parseConnectString('zookeeper:2181'), { servers: [{ host: 'zookeeper', port: 2181 }], chroot: '' })
  assert.deepEqual(parseConnectString('a:1, b,[::1]:3/kafka/eu'), {
    servers: [
      { host: 'a', port: 1 },
      { host: 'b', port: 2181 },
      { host: '::1', port: 3 },
    ],
    chroot: '/kafka/eu',
  })
  assert.equal(parseConnectString('a:1/').chroot, '')
  assert.equal(parseConnectString('a:1/kafka/').chroot, '/kafka')
})

test('what is none is refused with what is allowed', () => {
  for (const [text, why] of [
    ['', /names no server/],
    ['/kafka', /names no server/],
    ['a:0', /a:0 is not valid/],
    ['a:99999', /a:99999 is not valid/],
    ['a:b', /a:b is not valid/],
    ['a:1//b', /empty name/],
    ['a:1/../b', /has the name \.\./],
  ] as const)
    assert.throws(() => parseConnectString(text), why)
})
