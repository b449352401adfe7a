/** What a broker does not serve: the error is typed, and says which API it is about. */
import assert from 'node:assert/strict'
import { errorOf } from './world.mjs'

export async function unservedSuite({ test, admin, client, brokerId, protocol }) {
  const tx = { topic: 'offsets', partition: 0, producerId: 1, producerEpoch: 0, coordinatorEpoch: 0 }
  /** By API: a call, and where the outcome stands. */
  const calls = {
    DescribeAcls: [() => admin.describeAcls({})],
    CreateAcls: [() => admin.createAcls([])],
    DeleteAcls: [() => admin.deleteAcls([{}])],
    DescribeUserScramCredentials: [() => admin.describeUserScramCredentials()],
    AlterUserScramCredentials: [
      () => admin.alterUserScramCredentials([{ user: 'a', mechanism: 'SCRAM-SHA-256', operation: 'delete' }]),
    ],
    CreateDelegationToken: [() => admin.createDelegationToken()],
    RenewDelegationToken: [() => admin.renewDelegationToken(new Uint8Array(1))],
    ExpireDelegationToken: [() => admin.expireDelegationToken(new Uint8Array(1))],
    DescribeDelegationToken: [() => admin.describeDelegationToken()],
    DescribeClientQuotas: [() => admin.describeClientQuotas([])],
    AlterClientQuotas: [() => admin.alterClientQuotas([])],
    ListTransactions: [() => admin.listTransactions()],
    WriteTxnMarkers: [() => admin.abortTransaction(tx)],
    ShareGroupDescribe: [() => admin.describeShareGroups(['g']), 'g'],
    DescribeShareGroupOffsets: [() => admin.listShareGroupOffsets('g')],
    AlterShareGroupOffsets: [() => admin.alterShareGroupOffsets('g', [])],
    DeleteShareGroupOffsets: [() => admin.deleteShareGroupOffsets('g', [])],
    StreamsGroupDescribe: [() => admin.describeStreamsGroups(['g']), 'g'],
    GetTelemetrySubscriptions: [() => admin.clientInstanceId()],
  }

  await test('what a broker does not serve is told with a typed error and the name of the API', async () => {
    const served = (await admin.describeApiVersions([brokerId])).get(String(brokerId))
    const without = Object.entries(calls).filter(([api]) => !served.has(protocol.api(api).key))
    assert.ok(without.length > 0)
    for (const [api, [call, key]] of without) {
      const why = await errorOf(call(), key)
      assert.ok(why instanceof client.UnsupportedError && why.code === 'UNSUPPORTED_VERSION', `${api}: ${why}`)
      assert.match(why.message, new RegExp(api))
    }
    // The coordinator is looked for first: where there is none for transactions, that is what is said.
    if (!served.has(protocol.api('DescribeTransactions').key)) {
      for (const call of [() => admin.describeTransactions(['t']), () => admin.fenceProducers(['t'])]) {
        assert.match((await errorOf(call(), 't')).message, /transactions are not supported yet/)
      }
    }
  })
}
