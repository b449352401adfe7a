// Members that join, share, commit and leave, and one who commits without a group's protocol; the topic of offsets is compacted meanwhile.

import type { GroupMember } from '../../support/group-member.ts'
import type { RecordedClient, Workload } from '../stage.ts'

const TOPIC = 'read'
const PARTITIONS = 3
const SHARED = 'shared'
const LONE = 'lone'

export const groups: Workload = {
  name: 'groups',
  overrides: {
    'offsets.topic.num.partitions': '2',
    'log.cleaner.backoff.ms': '400',
    'log.cleaner.min.cleanable.ratio': '0',
    'replica.high.watermark.checkpoint.interval.ms': '300',
    'file.delete.delay.ms': '200',
  },
  async run(stage) {
    await stage.start()
    await stage.play(async (client) => {
      await client.makeTopic(TOPIC, PARTITIONS)
      await client.member(LONE)
      // Smaller than any operator may want them.
      const { errorCode } = await client.kafka.alterConfigs('topic', '__consumer_offsets', { 'internal.segment.bytes': '1500' })
      if (errorCode !== 0) throw new Error(`the offsets topic refuses its configuration with ${errorCode}`)
    })
    await stage.play(
      (client) => shared(client, 4),
      async (client) => {
        await client.sleep(200)
        await shared(client, 2)
      },
      lone,
    )
  },
}

async function lone(client: RecordedClient): Promise<void> {
  const nobody = await client.member(LONE)
  for (let offset = 1; offset <= 12; offset++) {
    await Promise.all([0, 1, 2].map((partition) => client.commit(nobody, LONE, TOPIC, partition, offset * 10 + partition)))
    await client.sleep(offset % 4 === 0 ? 400 : 1)
  }
}

/** Stays for some generations, committing in each of them. */
async function shared(client: RecordedClient, generations: number): Promise<void> {
  const member = await client.member(SHARED)
  for (let generation = 0; generation < generations; ) {
    const error = await member.join()
    if (error !== 'NONE') throw new Error(`JoinGroup says ${error}`)
    const assignments = Object.fromEntries(member.members.map((id, i) => [id, `owned ${i}`]))
    const owned = await member.sync(member.isLeader ? assignments : {})
    if (!owned.startsWith('owned')) continue
    generation++
    await commitSome(client, member, Number(owned.slice(6)))
  }
  await member.leave()
}

/** Until the group rebalances, or for a while. */
async function commitSome(client: RecordedClient, member: GroupMember, partition: number): Promise<void> {
  for (let i = 1; i <= 4; i++) {
    if ((await member.heartbeat()) !== 'NONE') return
    await client.commit(member, SHARED, TOPIC, partition, member.generationId * 100 + i)
    await client.sleep(30)
  }
}
