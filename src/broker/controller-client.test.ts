import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../test/support/manual-clock.ts'
import { ConnectionLost } from '../net/dial.ts'
import type { Peer } from '../net/peer.ts'
import { KafkaError } from '../protocol/errors.ts'
import { BrokerHeartbeatRequest, BrokerHeartbeatResponse } from '../protocol/messages/broker-heartbeat.ts'
import { controllerClient } from './controller-client.ts'

const HEARTBEAT = { request: BrokerHeartbeatRequest, response: BrokerHeartbeatResponse }

test('whoever asks is refused as soon as this node has closed its connections, and nothing is tried again', async () => {
  const clock = new ManualClock()
  let asked = 0
  let isClosed = false
  const peer = {
    get isClosed() {
      return isClosed
    },
    reset() {},
    send() {
      asked++
      return Promise.reject(new ConnectionLost('there is nobody'))
    },
  } as unknown as Peer
  const quorum = { leaderId: 2, onRole() {} }
  const client = controllerClient({ clock, nodeId: 1, quorum, local: null, peer, retryMs: 100 })
  const asking = assert.rejects(
    client.send(HEARTBEAT, {}, 60_000),
    (thrown) => thrown instanceof KafkaError && thrown.error === 'BROKER_NOT_AVAILABLE',
  )
  await clock.advance(250)
  const before = asked
  isClosed = true
  await clock.advance(100)
  await asking
  await clock.advance(10_000)
  assert.deepEqual([before, asked], [3, 4])
})

test('an attempt on a connection that is half open is given up in time, and the very same request sent on another one', async () => {
  const clock = new ManualClock()
  const asked: unknown[] = []
  const waits: number[] = []
  const peer = {
    isClosed: false,
    reset() {},
    async send(_: unknown, body: unknown, { timeoutMs }: { timeoutMs: number }) {
      asked.push(body)
      waits.push(timeoutMs)
      if (asked.length > 2) return { errorCode: 0 }
      await new Promise<void>((resume) => void clock.after(timeoutMs, resume))
      throw new ConnectionLost('it says nothing')
    },
  } as unknown as Peer
  const quorum = { leaderId: 2, onRole() {} }
  const client = controllerClient({ clock, nodeId: 1, quorum, local: null, peer, retryMs: 100, attemptMs: 4500 })
  const body = { brokerId: 1 }
  let answer: unknown = null
  void client.send(HEARTBEAT, body, 30_000).then((given) => (answer = given))
  await clock.advance(9000)
  assert.equal(answer, null)
  await clock.advance(200)
  assert.deepEqual([answer, waits], [{ errorCode: 0 }, [4500, 4500, 4500]])
  assert.ok(asked.every((one) => one === body))
})
