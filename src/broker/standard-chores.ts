// The chores of every broker: old segments go, compacted topics are compacted, checkpoints are written, forgotten producers expire.

import { isCompacted } from '../log/log-config.ts'
import type { LogDir } from '../log/log-dir.ts'
import { METADATA_LOG } from '../raft/format.ts'
import type { Partition } from '../replication/partition.ts'
import type { Replicas } from '../replication/replicas.ts'
import type { Chore } from './chores.ts'
import type { EffectiveConfigs } from './effective-configs.ts'

export function standardChores(replicas: Replicas, logDirs: readonly LogDir[], configs: EffectiveConfigs): Chore[] {
  return [
    {
      name: 'retention',
      everyMs: () => configs.broker['log.retention.check.interval.ms'],
      run: (now) => each((partition) => partition.log.applyRetention(now)),
    },
    {
      name: 'compaction',
      everyMs: () => configs.broker['log.cleaner.backoff.ms'],
      run: async (now) => {
        if (configs.broker['log.cleaner.enable']) await each((partition) => compactOne(partition, now))
      },
    },
    {
      name: 'checkpoints',
      everyMs: () => configs.broker['replica.high.watermark.checkpoint.interval.ms'],
      run: async () => {
        for (const dir of logDirs) if (!dir.offline) await dir.checkpoint()
      },
    },
    {
      name: 'producer expiry',
      everyMs: () => configs.broker['producer.id.expiration.check.interval.ms'],
      run: (now) => each(async (partition) => partition.log.producers.expire(now)),
    },
  ]

  async function each(run: (partition: Partition) => Promise<unknown>): Promise<void> {
    for (const partition of [...replicas.all()]) {
      if (partition.topic !== METADATA_LOG && !partition.log.offline) await run(partition)
    }
  }
}

async function compactOne({ log }: Partition, now: number): Promise<void> {
  if (isCompacted(log.config)) await log.compact(now)
}
