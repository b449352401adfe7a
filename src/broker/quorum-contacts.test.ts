import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../test/support/manual-clock.ts'
import { errorCode } from '../protocol/errors.ts'
import { QuorumContacts } from './quorum-contacts.ts'

test('who waits for a leader says every ten seconds whom it asked, what came of it, and what to do, until there is one', async () => {
  const clock = new ManualClock()
  const told: Readonly<Record<string, unknown>>[] = []
  const logger = { debug() {}, info() {}, error() {}, warn: (_: string, facts = {}) => void told.push(facts) }
  const configured = 'controller.quorum.voters=1@one:9093,2@two:9093'
  const contacts = new QuorumContacts({ clock, logger, nodeId: 1, onTwice: () => assert.fail('nobody said so'), configured })
  const stop = contacts.tellWhileWaiting()
  await clock.advance(9_999)
  assert.equal(told.length, 0)
  await clock.advance(1)
  assert.equal(told[0]!['asked'], 'nobody yet')
  contacts.failed({ host: 'two', port: 9093 }, new Error('connect ECONNREFUSED'))
  contacts.answered({ host: 'one', port: 9093 }, 0, 'Vote')
  contacts.answered({ host: 'one', port: 9093 }, errorCode('INCONSISTENT_CLUSTER_ID'), 'Fetch')
  await clock.advance(10_000)
  assert.equal(told[1]!['asked'], 'one:9093 answers INCONSISTENT_CLUSTER_ID; two:9093 connect ECONNREFUSED')
  assert.match(
    String(told[1]!['whatToDo']),
    /all nodes name the same ones: here it is controller\.quorum\.voters=1@one:9093,2@two:9093/,
  )
  stop()
  await clock.advance(60_000)
  assert.equal(told.length, 2)
})

test('a node that a leader takes for the second one of its id, and not only while it forgets the one before, gives up at its start', async () => {
  const clock = new ManualClock()
  const why: string[] = []
  const logger = { debug() {}, info() {}, error() {}, warn() {} }
  const onTwice = ({ message }: Error) => void why.push(message)
  const contacts = new QuorumContacts({ clock, logger, nodeId: 3, onTwice, configured: '' })
  const leader = { host: 'one', port: 9093 }
  const twice = () => contacts.answered(leader, errorCode('DUPLICATE_VOTER'), 'Fetch')
  const stop = contacts.tellWhileWaiting()
  twice()
  await clock.advance(9_000)
  contacts.answered(leader, 0, 'Fetch')
  twice()
  contacts.answered(leader, 0, 'Vote')
  await clock.advance(9_999)
  twice()
  assert.deepEqual(why, [])
  await clock.advance(1)
  twice()
  assert.match(
    why.join(),
    /another process takes part in the metadata quorum as node 3, says one:9093: give each process a node\.id of its own/,
  )
  stop()
  await clock.advance(60_000)
  twice()
  assert.equal(why.length, 1, 'who runs goes on')
})
