// Partitions and logs of this broker.

import { about, chapter, counter, gauge, summary } from '../metric.ts'
import { spread, US_OF_MS } from '../spread.ts'
import { broker, controller, ledPartitions, logDirs, ourLogDirs, replicas, toldPartitions } from '../subjects.ts'
import { isAtMinIsr, isUnderMinIsr, isUnderReplicated, standOf } from '../survey-replicas.ts'

const fromReplicas = 'replication/replicas: partitions with a replica here'
const fromRole = 'replication/partition: role and log of the replica'
const fromImage = "metadata/image: the cluster's metadata as this node knows it"
const fromLog = 'log/log'
const fromDirs = 'log/log-dir'
const fromSpace = 'the file system (statfs)'
const fromDelta = 'metadata/delta: changes of the metadata, counted as they come'

const yes = (holds: boolean) => (holds ? 1 : 0)

export const partitionChapters = [
  chapter(
    'Replicas of the broker',
    about(broker, {
      kafka_server_replicamanager_partitioncount: gauge(
        {
          known: 'kafka.server:ReplicaManager,PartitionCount',
          unit: 'partitions',
          help: 'Partitions with a replica here.',
          from: fromReplicas,
        },
        (_, { replicas: of }) => of!.partitions.length,
      ),
      kafka_server_replicamanager_leadercount: gauge(
        {
          known: 'kafka.server:ReplicaManager,LeaderCount',
          unit: 'partitions',
          help: 'Partitions led here.',
          from: fromReplicas,
        },
        (_, { replicas: of }) => of!.leaders,
      ),
      kafka_server_replicamanager_underreplicatedpartitions: gauge(
        {
          known: 'kafka.server:ReplicaManager,UnderReplicatedPartitions',
          unit: 'partitions',
          help: 'Partitions led here of which not every replica is in sync. Should be 0.',
          from: fromReplicas,
        },
        (_, { replicas: of }) => of!.underReplicated,
      ),
      kafka_server_replicamanager_underminisrpartitioncount: gauge(
        {
          known: 'kafka.server:ReplicaManager,UnderMinIsrPartitionCount',
          unit: 'partitions',
          help: 'Partitions led here with fewer in-sync replicas than min.insync.replicas: acks=all is refused.',
          from: fromReplicas,
        },
        (_, { replicas: of }) => of!.underMinIsr,
      ),
      kafka_server_replicamanager_atminisrpartitioncount: gauge(
        {
          known: 'kafka.server:ReplicaManager,AtMinIsrPartitionCount',
          unit: 'partitions',
          help: 'Partitions led here with exactly min.insync.replicas in-sync replicas: one more loss and acks=all is refused.',
          from: fromReplicas,
        },
        (_, { replicas: of }) => of!.atMinIsr,
      ),
      kafka_server_replicamanager_offlinereplicacount: gauge(
        {
          known: 'kafka.server:ReplicaManager,OfflineReplicaCount',
          unit: 'partitions',
          help: 'Replicas here that are out of use because their log directory, or the log itself, failed.',
          from: fromReplicas,
        },
        (_, { replicas: of }) => of!.offline,
      ),
      kafka_server_replicamanager_reassigningpartitions: gauge(
        {
          known: 'kafka.server:ReplicaManager,ReassigningPartitions',
          unit: 'partitions',
          help: 'Partitions led here that are being reassigned.',
          from: fromImage,
        },
        (_, { replicas: of }) => of!.reassigning,
      ),
      kafka_server_replicamanager_produceridcount: gauge(
        {
          known: 'kafka.server:ReplicaManager,ProducerIdCount',
          help: 'Producer ids known to the partitions here, counted for each partition.',
          from: 'log/producer-state',
        },
        (_, { replicas: of }) => of!.producerIds,
      ),
      kafka_server_replicamanager_isrshrinks_total: counter(
        {
          known: 'kafka.server:ReplicaManager,IsrShrinksPerSec',
          help: 'How often in-sync replicas of a partition led here became fewer.',
          from: fromDelta,
        },
        (_, { stage }) => stage.changes.isrShrinks,
      ),
      kafka_server_replicamanager_isrexpands_total: counter(
        {
          known: 'kafka.server:ReplicaManager,IsrExpandsPerSec',
          help: 'How often in-sync replicas of a partition led here became more.',
          from: fromDelta,
        },
        (_, { stage }) => stage.changes.isrExpands,
      ),
    }),
    about(replicas, {
      kafka_cluster_partition_underreplicated: gauge(
        {
          known: 'kafka.cluster:Partition,UnderReplicated',
          help: '1 where it is led here and not every replica is in sync.',
          from: fromRole,
        },
        (partition) => yes(isUnderReplicated(standOf(partition))),
      ),
      kafka_cluster_partition_underminisr: gauge(
        {
          known: 'kafka.cluster:Partition,UnderMinIsr',
          help: '1 where it is led here and fewer replicas are in sync than min.insync.replicas.',
          from: fromRole,
        },
        (partition) => yes(isUnderMinIsr(standOf(partition))),
      ),
      kafka_cluster_partition_atminisr: gauge(
        {
          known: 'kafka.cluster:Partition,AtMinIsr',
          help: '1 where it is led here and exactly min.insync.replicas are in sync.',
          from: fromRole,
        },
        (partition) => yes(isAtMinIsr(standOf(partition))),
      ),
      kafka_cluster_partition_insyncreplicascount: gauge(
        {
          known: 'kafka.cluster:Partition,InSyncReplicasCount',
          help: 'In-sync replicas where it is led here, else 0.',
          from: fromRole,
        },
        (partition) => (partition.isLeader ? partition.role.isr.length : 0),
      ),
      kafka_cluster_partition_replicascount: gauge(
        { known: 'kafka.cluster:Partition,ReplicasCount', help: 'Replicas where it is led here, else 0.', from: fromRole },
        (partition) => (partition.isLeader ? partition.role.replicas.length : 0),
      ),
      kafka_cluster_partition_laststableoffsetlag: gauge(
        {
          known: 'kafka.cluster:Partition,LastStableOffsetLag',
          unit: 'records',
          help: 'From the last stable offset to the high watermark: what readers of committed transactions wait for.',
          from: fromRole,
        },
        ({ highWatermark, lastStableOffset }) => Math.max(0, highWatermark - lastStableOffset),
      ),
    }),
  ),
  chapter(
    'Logs',
    about(replicas, {
      kafka_log_log_size: gauge(
        { known: 'kafka.log:Log,Size', unit: 'bytes', help: 'Size of the log.', from: fromLog },
        ({ log }) => log.sizeInBytes,
      ),
      kafka_log_log_logstartoffset: gauge(
        { known: 'kafka.log:Log,LogStartOffset', unit: 'offset', help: 'First offset that can be read.', from: fromLog },
        ({ startOffset }) => startOffset,
      ),
      kafka_log_log_logendoffset: gauge(
        { known: 'kafka.log:Log,LogEndOffset', unit: 'offset', help: 'Offset of the next record.', from: fromLog },
        ({ endOffset }) => endOffset,
      ),
    }),
    about(broker, {
      kafka_log_logmanager_offlinelogdirectorycount: gauge(
        {
          known: 'kafka.log:LogManager,OfflineLogDirectoryCount',
          help: 'Log directories whose disk failed. Should be 0.',
          from: fromDirs,
        },
        (_, { dirs }) => dirs.filter(({ dir }) => dir.offline).length,
      ),
    }),
    about(broker, {
      kafka_log_logflushstats_logflushrateandtimems: summary(
        {
          known: 'kafka.log:LogFlushStats,LogFlushRateAndTimeMs',
          unit: 'ms',
          help: 'How long flushes of files (fdatasync) took, of all log directories.',
          from: 'log/flusher',
        },
        (_, scene) =>
          spread(
            scene.dirs.map(({ dir }) => dir.flushTimes),
            scene,
            US_OF_MS,
          ),
      ),
    }),
    about(logDirs, {
      kafka_log_logmanager_logdirectoryoffline: gauge(
        { known: 'kafka.log:LogManager,LogDirectoryOffline', help: '1 where the disk of the directory failed.', from: fromDirs },
        ({ dir }) => yes(dir.offline !== null),
      ),
    }),
    about(ourLogDirs, {
      odradek_log_dir_total_bytes: gauge(
        { unit: 'bytes', help: 'Size of the file system that the log directory lies on.', from: fromSpace },
        ({ total }) => total,
      ),
      odradek_log_dir_usable_bytes: gauge(
        { unit: 'bytes', help: 'Room left on the file system that the log directory lies on.', from: fromSpace },
        ({ usable }) => usable,
      ),
      odradek_log_dir_unwritten_bytes: gauge(
        { unit: 'bytes', help: 'Appended records that the operating system does not have yet.', from: fromDirs },
        ({ dir }) => dir.unwrittenBytes,
      ),
      odradek_log_dir_flushes_total: counter(
        { help: 'Flushes of files (fdatasync) of the directory.', from: 'log/flusher' },
        ({ dir }) => dir.flushes,
      ),
    }),
  ),
  chapter(
    'Partitions, as kafka_exporter tells of them',
    about(ledPartitions, {
      kafka_topic_partition_current_offset: gauge(
        {
          known: 'kafka_exporter',
          unit: 'offset',
          help: 'High watermark: the offset of the next record that readers will see. Told by the leader.',
          from: fromRole,
        },
        ({ highWatermark }) => highWatermark,
      ),
      kafka_topic_partition_oldest_offset: gauge(
        { known: 'kafka_exporter', unit: 'offset', help: 'First offset that can be read. Told by the leader.', from: fromRole },
        ({ startOffset }) => startOffset,
      ),
    }),
    about(toldPartitions, {
      kafka_topic_partition_leader: gauge(
        {
          known: 'kafka_exporter',
          unit: 'node id',
          help: 'Who leads. Told by the leader; where there is none, -1 by the active controller.',
          from: fromImage,
        },
        ({ image }) => image.leader,
      ),
      kafka_topic_partition_replicas: gauge(
        { known: 'kafka_exporter', help: 'How many replicas it has.', from: fromImage },
        ({ image }) => image.replicas.length,
      ),
      kafka_topic_partition_in_sync_replica: gauge(
        { known: 'kafka_exporter', help: 'How many of them are in sync.', from: fromImage },
        ({ image }) => image.isr.length,
      ),
      kafka_topic_partition_leader_is_preferred: gauge(
        { known: 'kafka_exporter', help: '1 where the first of its replicas leads.', from: fromImage },
        ({ image }) => yes(image.leader === image.replicas[0]),
      ),
      kafka_topic_partition_under_replicated_partition: gauge(
        { known: 'kafka_exporter', help: '1 where not every replica is in sync.', from: fromImage },
        ({ image }) => yes(image.isr.length < image.replicas.length),
      ),
    }),
  ),
  chapter(
    'Elections',
    about(controller, {
      kafka_controller_controllerstats_uncleanleaderelections_total: counter(
        {
          known: 'kafka.controller:ControllerStats,UncleanLeaderElectionsPerSec',
          help: 'Leaders that were not known to have every committed record. Each controller counts what it sees.',
          from: fromDelta,
        },
        (_, { stage }) => stage.changes.uncleanElections,
      ),
      kafka_controller_controllerstats_electionfromeligibleleaderreplicas_total: counter(
        {
          known: 'kafka.controller:ControllerStats,ElectionFromEligibleLeaderReplicasPerSec',
          help: 'Leaders out of the eligible leader replicas (KIP-966). Each controller counts what it sees.',
          from: fromDelta,
        },
        (_, { stage }) => stage.changes.eligibleElections,
      ),
    }),
  ),
]
