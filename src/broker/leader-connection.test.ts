import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../test/support/manual-clock.ts'
import { ByteReader } from '../base/bytes.ts'
import { staticLayers } from '../config/layers.ts'
import { brokerConfig } from '../config/resolve.ts'
import { replicaVersions } from '../metadata/features.ts'
import type { Connection, Network } from '../platform/network.ts'
import { SeededRandom } from '../platform/sim/random.ts'
import { readRequestHeader } from '../protocol/header.ts'
import { Connections } from './connections.ts'

/** A leader that answers nothing: `asked` has key and version of each request that came. */
function deafLeader() {
  const asked: string[] = []
  const address = { host: 'leader', port: 9 }
  const connection: Connection = {
    remote: address,
    local: address,
    unsent: 0,
    async send(chunks) {
      const { apiKey, apiVersion } = readRequestHeader(new ByteReader(Buffer.concat(chunks).subarray(4)))
      asked.push(`${apiKey} ${apiVersion}`)
    },
    onData() {},
    onClose() {},
    pause() {},
    resume() {},
    close() {},
  }
  const network: Network = {
    hostName: 'self',
    connect: async () => connection,
    listen: () => assert.fail('nobody listens here'),
  }
  return { asked, network, address }
}

test('a follower asks its leader in the versions that every broker at the metadata.version of the cluster knows', async () => {
  const spoken = async (level: number) => {
    const { asked, network, address } = deafLeader()
    const clock = new ManualClock()
    const config = brokerConfig(staticLayers(new Map([['node.id', '1']])))
    const connections = new Connections({ platform: { network, clock, random: new SeededRandom(1) }, config })
    const leader = connections.leader(
      () => address,
      'broker-1-fetcher-0',
      () => replicaVersions(level),
    )
    const outcomes = Promise.allSettled([leader.fetch({ replicaState: { replicaId: 1 } }), leader.listOffsets({ replicaId: 1 })])
    await clock.advance(0)
    connections.close()
    await outcomes
    return asked
  }
  // As Kafka 4.2's MetadataVersion has them: its brokers of 4.0 know no Fetch 18.
  assert.deepEqual(await spoken(23), ['1 17', '2 9'])
  assert.deepEqual(await spoken(25), ['1 17', '2 10'])
  assert.deepEqual(await spoken(27), ['1 18', '2 10'])
  assert.deepEqual(await spoken(29), ['1 18', '2 11'])
})
