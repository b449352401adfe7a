import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KafkaError } from '../protocol/errors.ts'
import { addressBytes, principalData, readAddress, readPrincipal } from './envelope.ts'

test('a principal is told in the bytes of Apache Kafka, and read back', () => {
  const bytes = principalData('User:ANONYMOUS')
  assert.equal(
    Buffer.from(bytes).toString('hex'),
    `000005${Buffer.from('User').toString('hex')}0a${Buffer.from('ANONYMOUS').toString('hex')}0000`,
  )
  assert.equal(readPrincipal(bytes), 'User:ANONYMOUS')
  assert.equal(readPrincipal(principalData('User:CN=a:b')), 'User:CN=a:b')
  for (const wrong of [null, Buffer.from('0001', 'hex'), bytes.subarray(0, 8)])
    assert.throws(
      () => readPrincipal(wrong),
      (thrown) => thrown instanceof KafkaError && thrown.error === 'PRINCIPAL_DESERIALIZATION_FAILURE',
    )
})

test('addresses of both kinds go through', () => {
  const cases = [
    ['/127.0.0.1', '/127.0.0.1'],
    ['/::1', '/0:0:0:0:0:0:0:1'],
    ['/fe80::1%eth0', '/fe80:0:0:0:0:0:0:1'],
    ['/::ffff:10.1.2.3', '/0:0:0:0:0:ffff:a01:203'],
    ['/2001:db8:1:2:3:4:5:6', '/2001:db8:1:2:3:4:5:6'],
    ['/a-machine', '/0.0.0.0'],
  ]
  for (const [host, told] of cases) assert.equal(readAddress(addressBytes(host!)), told)
  assert.throws(() => readAddress(Buffer.alloc(5)), /5 bytes are no address/)
})
