// Garbage at the listeners of controllers: three nodes in the process under fire, frames for all that controllers serve, and a bystander who must notice nothing.

import { lookup } from 'node:dns/promises'
import { type Api, apiByKey } from '../../src/protocol/api.ts'
import { ApiVersionsRequest, ApiVersionsResponse } from '../../src/protocol/messages/api-versions.ts'
import { DescribeQuorumRequest, DescribeQuorumResponse } from '../../src/protocol/messages/describe-quorum.ts'
import { ClusterClient } from '../support/cluster-client.ts'
import { KafkaClient } from '../support/kafka-client.ts'
import { FrameMaker } from './frames.ts'
import { due } from './judge.ts'
import { Lane, type Verdict } from './lane.ts'
import { Target } from './target.ts'
import { BYSTANDER } from './world.ts'

const LANES_EACH = 8
const FRAMES_A_ROUND = 256
const ABOUT = { topics: [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }] }

export interface FiredAtControllers {
  readonly verdicts: Readonly<Partial<Record<Verdict['kind'], number>>>
  /** What was wrong, each kind once: number of the frame, what it began as, and what came of it. */
  readonly findings: readonly string[]
}

/** Frames 0 to `frames` of the seed, dealt out to three controllers. Throws where the cluster does not live through it. */
export async function fireAtControllers(seed: number, frames: number): Promise<FiredAtControllers> {
  const target = Target.open()
  try {
    const bootstrap = await target.startCluster()
    const client = new ClusterClient(bootstrap)
    const controllers = await controllersOf(client, bootstrap)
    await client.createTopic(BYSTANDER, 1, 3)
    const served = await servedBy(controllers[0]!)
    await target.report() // what the start cost is not the frames' doing
    const fired = await fire(new FrameMaker(seed, served), frames, controllers, new Set(served.map(({ key }) => key)))
    const { troubles } = await target.report()
    await bystand(client)
    await agree(controllers)
    client.close()
    return { verdicts: fired.verdicts, findings: [...fired.findings, ...troubles] }
  } catch (thrown) {
    throw target.ended === null ? thrown : new Error(target.ended)
  } finally {
    await target.kill()
  }
}

/** host:port of the voters, as the quorum tells them. */
async function controllersOf(client: ClusterClient, bootstrap: string): Promise<string[]> {
  const one = await client.at(bootstrap.split(',')[0]!)
  const { nodes } = await one.call(DescribeQuorumRequest, DescribeQuorumResponse, 2, ABOUT)
  return nodes.map(({ listeners }) => `${listeners[0]!.host}:${listeners[0]!.port}`)
}

async function servedBy(controller: string): Promise<Api[]> {
  const client = await KafkaClient.connect(controller)
  const software = { clientSoftwareName: 'fuzz', clientSoftwareVersion: '1' }
  const { apiKeys } = await client.call(ApiVersionsRequest, ApiVersionsResponse, 3, software)
  client.close()
  return apiKeys.map(({ apiKey }) => apiByKey(apiKey)!)
}

async function fire(maker: FrameMaker, frames: number, controllers: readonly string[], served: ReadonlySet<number>) {
  const verdicts: Partial<Record<Verdict['kind'], number>> = {}
  const findings = new Set<string>()
  const { address } = await lookup('localhost')
  const lanes = controllers.flatMap((controller) =>
    Array.from({ length: LANES_EACH }, () => new Lane(address, Number(controller.split(':').at(-1)))),
  )
  for (let from = 0; from < frames; from += FRAMES_A_ROUND) {
    let next = from
    const end = Math.min(frames, from + FRAMES_A_ROUND)
    await Promise.all(
      lanes.map(async (lane) => {
        while (next < end) {
          const index = next++
          const { frame, how, api, announced } = maker.frame(index)
          const verdict =
            announced === undefined ? await lane.try(frame, due(frame, served)) : await lane.tryRaw(raw(frame, announced))
          verdicts[verdict.kind] = (verdicts[verdict.kind] ?? 0) + 1
          if (verdict.kind === 'wrong') findings.add(`frame ${index}, ${api?.name ?? 'noise'}, ${how}: ${verdict.what}`)
        }
      }),
    )
  }
  for (const lane of lanes) lane.drop()
  return { verdicts, findings }
}

function raw(frame: Uint8Array, announced: number): Buffer {
  const bytes = Buffer.alloc(4 + frame.length)
  bytes.writeInt32BE(announced)
  bytes.set(frame, 4)
  return bytes
}

/** A record goes in, and comes out as it was. */
async function bystand(client: ClusterClient): Promise<void> {
  const pause = () => new Promise<void>((resolve) => setTimeout(resolve, 20))
  await client.produce(BYSTANDER, 0, ['unharmed'], pause)
  const seen = await client.readAll(BYSTANDER, 0)
  if (!seen.some(({ value }) => value === 'unharmed')) throw new Error('a record that was acknowledged is not there')
}

/** One of them says that it leads. */
async function agree(controllers: readonly string[]): Promise<void> {
  const leaders: string[] = []
  for (const controller of controllers) {
    const client = await KafkaClient.connect(controller)
    const { topics } = await client.call(DescribeQuorumRequest, DescribeQuorumResponse, 2, ABOUT)
    client.close()
    const { errorCode, leaderId, leaderEpoch } = topics[0]!.partitions[0]!
    if (errorCode === 0) leaders.push(`${leaderId} in epoch ${leaderEpoch}`)
  }
  if (leaders.length !== 1) throw new Error(`who leads is said by ${leaders.length}: ${leaders.join(', ')}`)
}
