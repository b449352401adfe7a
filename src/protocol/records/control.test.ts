import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MalformedBytes } from '../../base/bytes.ts'
import { type ControlRecord, controlKind, controlRecord, readControl, readMarker } from './control.ts'

const id = (byte: number) => Buffer.alloc(16, byte).toString('base64url')

test('transaction markers have the bytes of KIP-98', () => {
  const { key, value } = controlRecord({ kind: 'commit', coordinatorEpoch: 5 })
  assert.equal(Buffer.from(key).toString('hex'), '00000001')
  assert.equal(Buffer.from(value).toString('hex'), '000000000005')
  assert.deepEqual(readMarker({ key, value }), { committed: true, coordinatorEpoch: 5 })
  assert.equal(readMarker(controlRecord({ kind: 'abort', coordinatorEpoch: 0 }))?.committed, false)
  assert.equal(readMarker(controlRecord({ kind: 'snapshotFooter' })), null)
})

test('the quorum’s records have the bytes that Apache Kafka 4.2 wrote', () => {
  const hex = (control: ControlRecord) => Buffer.from(controlRecord(control).value).toString('hex')
  const voters = [{ voterId: 1, voterDirectoryId: id(3) }]
  const leaderChange: ControlRecord = { kind: 'leaderChange', version: 0, leaderId: 1, voters, grantingVoters: voters }
  assert.equal(hex(leaderChange), '00000000000102000000010002000000010000')
  assert.equal(hex({ kind: 'kraftVersion', kRaftVersion: 1 }), '0000000100')
  assert.equal(hex({ kind: 'snapshotHeader', lastContainedLogTimestamp: 1795228345744 }), '0000000001a1fbf2a59000')
  assert.equal(hex({ kind: 'snapshotFooter' }), '000000')
  const voter = {
    voterId: 1,
    voterDirectoryId: 'yZttHRysTXe2qtzM2xfXyg',
    endpoints: [{ name: 'CONTROLLER', host: '127.0.0.1', port: 20692 }],
    kRaftVersionFeature: { minSupportedVersion: 0, maxSupportedVersion: 1 },
  }
  assert.equal(
    hex({ kind: 'kraftVoters', voters: [voter] }),
    '00000200000001c99b6d1d1cac4d77b6aadcccdb17d7ca020b434f4e54524f4c4c45520a3132372e302e302e3150d40000000001000000',
  )
})

test('every kind is read back; later kinds and tags are passed over', () => {
  const feature = { minSupportedVersion: 0, maxSupportedVersion: 1 }
  const endpoints = [{ name: 'CONTROLLER', host: 'localhost', port: 65535 }]
  const all: ControlRecord[] = [
    { kind: 'abort', coordinatorEpoch: 1 },
    { kind: 'commit', coordinatorEpoch: 2 },
    { kind: 'leaderChange', version: 0, leaderId: 3, voters: [{ voterId: 3, voterDirectoryId: id(0) }], grantingVoters: [] },
    {
      kind: 'leaderChange',
      version: 1,
      leaderId: 3,
      voters: [{ voterId: 3, voterDirectoryId: id(9) }],
      grantingVoters: [{ voterId: 4, voterDirectoryId: id(8) }],
    },
    { kind: 'snapshotHeader', lastContainedLogTimestamp: 1700000000000 },
    { kind: 'snapshotFooter' },
    { kind: 'kraftVersion', kRaftVersion: 1 },
    { kind: 'kraftVoters', voters: [{ voterId: 1, voterDirectoryId: id(255), endpoints, kRaftVersionFeature: feature }] },
  ]
  for (const control of all) {
    const record = controlRecord(control)
    assert.equal(controlKind(record.key), control.kind)
    assert.deepEqual(readControl(record), control)
  }
  assert.equal(readControl({ key: Buffer.from('00000063', 'hex'), value: null }), null)
  assert.throws(
    () => readControl({ key: Buffer.from('00000002', 'hex'), value: Buffer.from('0001000000', 'hex') }),
    MalformedBytes,
  )
})
