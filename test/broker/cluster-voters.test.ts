// The voters of a running cluster change (KIP-853), asked for at any broker: the active controller does it, also where it is the one that goes. Virtual time.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ZERO_UUID } from '../../src/base/uuid.ts'
import { errorName } from '../../src/protocol/errors.ts'
import { AddRaftVoterRequest, AddRaftVoterResponse } from '../../src/protocol/messages/add-raft-voter.ts'
import { ApiVersionsRequest, ApiVersionsResponse } from '../../src/protocol/messages/api-versions.ts'
import { DescribeQuorumRequest, DescribeQuorumResponse } from '../../src/protocol/messages/describe-quorum.ts'
import { RemoveRaftVoterRequest, RemoveRaftVoterResponse } from '../../src/protocol/messages/remove-raft-voter.ts'
import { UpdateFeaturesRequest, UpdateFeaturesResponse } from '../../src/protocol/messages/update-features.ts'
import { VirtualCluster } from '../support/virtual-cluster.ts'

const ABOUT = { topics: [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }] }
const SOFTWARE = { clientSoftwareName: 'test', clientSoftwareVersion: '1' }

/** What an administrator asks of one broker. */
function administrator(cluster: VirtualCluster, id: number) {
  const broker = () => cluster.client.at(cluster.seat(id).server)
  const about = (voter: { replicaId: number; replicaDirectoryId: string }) => ({
    clusterId: null,
    voterId: voter.replicaId,
    voterDirectoryId: voter.replicaDirectoryId,
  })
  return {
    async quorum() {
      const { topics } = await (await broker()).call(DescribeQuorumRequest, DescribeQuorumResponse, 2, ABOUT)
      const [{ leaderId, currentVoters, observers }] = topics[0]!.partitions as [
        DescribeQuorumResponse['topics'][0]['partitions'][0],
      ]
      return { leaderId, voters: currentVoters, voterIds: currentVoters.map(({ replicaId }) => replicaId).sort(), observers }
    },
    async raise(level: number, validateOnly: boolean) {
      const featureUpdates = [{ feature: 'kraft.version', maxVersionLevel: level, upgradeType: 1 }]
      const request = { timeoutMs: 5000, featureUpdates, validateOnly }
      return errorName((await (await broker()).call(UpdateFeaturesRequest, UpdateFeaturesResponse, 2, request)).errorCode)
    },
    async finalised() {
      const answer = await (await broker()).call(ApiVersionsRequest, ApiVersionsResponse, 4, SOFTWARE)
      return answer.finalizedFeatures.find(({ name }) => name === 'kraft.version')?.maxVersionLevel ?? 0
    },
    async add(voter: Parameters<typeof about>[0], host: string) {
      const listeners = [{ name: 'CONTROLLER', host, port: 9093 }]
      const request = { ...about(voter), timeoutMs: 5000, listeners, ackWhenCommitted: true }
      return errorName((await (await broker()).call(AddRaftVoterRequest, AddRaftVoterResponse, 1, request)).errorCode)
    },
    async remove(voter: Parameters<typeof about>[0]) {
      return errorName((await (await broker()).call(RemoveRaftVoterRequest, RemoveRaftVoterResponse, 0, about(voter))).errorCode)
    },
  }
}

test('from voters of the configuration to voters of the log; the leader is removed, and comes back', async () => {
  const cluster = await VirtualCluster.start({ seed: 53 })
  const first = cluster.controllerId!
  const elsewhere = administrator(cluster, (first % 3) + 1)
  const before = await cluster.during(elsewhere.quorum())
  assert.equal(
    await cluster.during(elsewhere.remove({ replicaId: first, replicaDirectoryId: 'JEXY6aqzQY-32P5TStzaFg' })),
    'UNSUPPORTED_VERSION',
  )
  assert.equal(await cluster.during(elsewhere.finalised()), 0)
  assert.equal(before.voterIds.length, 3)

  await cluster.eventually('all voters have said who they are', async () => (await elsewhere.raise(1, true)) === 'NONE')
  assert.equal(await cluster.during(elsewhere.finalised()), 0, 'it was a trial')
  assert.equal(await cluster.during(elsewhere.raise(1, false)), 'NONE')
  await cluster.eventually('every broker knows', async () => (await elsewhere.finalised()) === 1)
  const { voters } = await cluster.during(elsewhere.quorum())
  const directories = new Set(voters.map(({ replicaDirectoryId }) => replicaDirectoryId))
  assert.deepEqual([directories.size, directories.has(ZERO_UUID)], [3, false])

  const leader = voters.find(({ replicaId }) => replicaId === first)!
  assert.equal(
    await cluster.during(elsewhere.remove(leader)),
    'NONE',
    'also where the broker that was asked hands it on to the one that goes',
  )
  await cluster.eventually('another one leads', async () => {
    const { leaderId, voterIds } = await elsewhere.quorum()
    return leaderId !== first && !voterIds.includes(first) && voterIds.length === 2
  })
  assert.equal(await cluster.during(elsewhere.remove(leader)), 'VOTER_NOT_FOUND')
  await cluster.during(cluster.client.createTopic('meanwhile', 3, 3))

  const { machine } = cluster.seat(first)
  await cluster.eventually('it votes again', async () => (await elsewhere.add(leader, machine.name)) === 'NONE')
  assert.equal((await cluster.during(elsewhere.quorum())).voterIds.length, 3)
  assert.equal(await cluster.during(elsewhere.add(leader, machine.name)), 'DUPLICATE_VOTER')
})
