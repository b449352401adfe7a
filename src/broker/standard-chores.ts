// The chores of every broker: old segments go, compacted topics are compacted, checkpoints are written, forgotten producers expire, and
// what lies on disk is looked through for damage.

import { isCompacted } from '../log/log-config.ts'
import type { LogDir } from '../log/log-dir.ts'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import type { Random } from '../platform/random.ts'
import type { Partition } from '../replication/partition.ts'
import type { Replicas } from '../replication/replicas.ts'
import type { Chore } from './chores.ts'
import type { EffectiveConfigs } from './effective-configs.ts'
import { scrubChore } from './scrub-chore.ts'
import { Troubles } from './troubles.ts'

export interface ChoreRooms {
  readonly replicas: Replicas
  readonly logDirs: readonly LogDir[]
  /** The one of the metadata log may be another one. */
  readonly metadataDir: LogDir
  readonly clock: Clock
  readonly random: Random
  readonly configs: EffectiveConfigs
  readonly logger: Logger
}

export function standardChores({ replicas, logDirs, metadataDir, configs, clock, random, logger }: ChoreRooms): Chore[] {
  return [
    {
      name: 'retention',
      everyMs: () => configs.broker['log.retention.check.interval.ms'],
      run: inEach('retention', ({ log }, now, mustStop) => log.applyRetention(now, mustStop)),
    },
    {
      name: 'compaction',
      everyMs: () => configs.broker['log.cleaner.backoff.ms'],
      run: inEach('compaction', async ({ log }, now, mustStop) => {
        const { 'log.cleaner.enable': isEnabled, 'log.cleaner.dedupe.buffer.size': mapBytes } = configs.broker
        if (isEnabled && isCompacted(log.config)) await log.compact(now, mustStop, mapBytes)
      }),
    },
    {
      name: 'checkpoints',
      everyMs: () => configs.broker['replica.high.watermark.checkpoint.interval.ms'],
      run: checkpointAll(),
    },
    {
      name: 'producer expiry',
      everyMs: () => configs.broker['producer.id.expiration.check.interval.ms'],
      run: inEach('producer expiry', ({ log }, now) => log.producers.expire(now)),
    },
    scrubChore({
      dirs: [...new Set([...logDirs, metadataDir])],
      clock,
      random,
      logger,
      bytesPerSecond: () => configs.broker['log.scrub.bytes.per.second'],
      intervalMs: () => configs.broker['log.scrub.interval.ms'],
    }),
  ]

  function inEach(what: string, work: (partition: Partition, now: number, mustStop: () => boolean) => unknown): Chore['run'] {
    const troubles = new Troubles<Partition>(logger, what)
    return async (now, mustStop) => {
      for (const partition of [...replicas.all()]) {
        if (mustStop()) return
        // A topic may be deleted, or a disk fail, while we are on our way to it or at it.
        const matters = () => !partition.log.offline && replicas.get(partition.topic, partition.index) === partition
        if (matters()) await troubles.guard(partition, { name: partition.name, matters }, () => work(partition, now, mustStop))
      }
    }
  }

  function checkpointAll(): Chore['run'] {
    const troubles = new Troubles<LogDir>(logger, 'writing checkpoints')
    return async (_now, mustStop) => {
      for (const dir of logDirs) {
        const matters = () => !dir.offline
        if (!mustStop() && matters()) await troubles.guard(dir, { name: dir.path, matters }, () => dir.checkpoint())
      }
    }
  }
}
