// The controller, the quorum behind it, and what a node knows of the metadata.

import { about, chapter, gauge, untyped } from '../metric.ts'
import { activeController, brokerAddresses, controller, openNode, quorumState, registeredBrokers, topics } from '../subjects.ts'

const fromImage = "metadata/image: the cluster's metadata as this node knows it"
const fromQuorum = 'machine/elected-log: the log of the metadata and who leads it'
const fromPublisher = 'metadata/publisher: how far this node follows the metadata'
const fromSessions = "metadata/controller/sessions: the active controller's"

export const clusterChapters = [
  chapter(
    'Controller',
    about(controller, {
      kafka_controller_kafkacontroller_activecontrollercount: gauge(
        {
          known: 'kafka.controller:KafkaController,ActiveControllerCount',
          help: '1 on the active controller. The sum over all nodes should be 1.',
          from: fromQuorum,
        },
        ({ quorum }) => (quorum.isLeader ? 1 : 0),
      ),
      kafka_controller_kafkacontroller_activebrokercount: gauge(
        {
          known: 'kafka.controller:KafkaController,ActiveBrokerCount',
          help: 'Registered brokers that are not fenced.',
          from: fromImage,
        },
        (_, { cluster }) => cluster!.activeBrokers,
      ),
      kafka_controller_kafkacontroller_fencedbrokercount: gauge(
        {
          known: 'kafka.controller:KafkaController,FencedBrokerCount',
          help: 'Registered brokers that are fenced: down, or coming up.',
          from: fromImage,
        },
        (_, { cluster }) => cluster!.fencedBrokers,
      ),
      kafka_controller_kafkacontroller_controlledshutdownbrokercount: gauge(
        {
          known: 'kafka.controller:KafkaController,ControlledShutdownBrokerCount',
          help: 'Brokers that give their partitions away to stop.',
          from: fromImage,
        },
        (_, { cluster }) => cluster!.leavingBrokers,
      ),
      kafka_controller_kafkacontroller_globaltopiccount: gauge(
        { known: 'kafka.controller:KafkaController,GlobalTopicCount', help: 'Topics of the cluster.', from: fromImage },
        ({ image }) => image.topics.size,
      ),
      kafka_controller_kafkacontroller_globalpartitioncount: gauge(
        {
          known: 'kafka.controller:KafkaController,GlobalPartitionCount',
          unit: 'partitions',
          help: 'Partitions of the cluster.',
          from: fromImage,
        },
        (_, { cluster }) => cluster!.partitions,
      ),
      kafka_controller_kafkacontroller_offlinepartitionscount: gauge(
        {
          known: 'kafka.controller:KafkaController,OfflinePartitionsCount',
          unit: 'partitions',
          help: 'Partitions without a leader: nobody can read or write them. Should be 0.',
          from: fromImage,
        },
        (_, { cluster }) => cluster!.leaderless.length,
      ),
      kafka_controller_kafkacontroller_preferredreplicaimbalancecount: gauge(
        {
          known: 'kafka.controller:KafkaController,PreferredReplicaImbalanceCount',
          unit: 'partitions',
          help: 'Partitions that another replica than their first one leads.',
          from: fromImage,
        },
        (_, { cluster }) => cluster!.preferredImbalance,
      ),
      kafka_controller_kafkacontroller_lastappliedrecordoffset: gauge(
        {
          known: 'kafka.controller:KafkaController,LastAppliedRecordOffset',
          unit: 'offset',
          help: 'Last metadata record that this node applied.',
          from: fromPublisher,
        },
        ({ publisher }) => publisher.endOffset - 1,
      ),
      kafka_controller_kafkacontroller_lastappliedrecordtimestamp: gauge(
        {
          known: 'kafka.controller:KafkaController,LastAppliedRecordTimestamp',
          unit: 'ms',
          help: 'When that record was written, in milliseconds since 1970.',
          from: fromPublisher,
        },
        ({ publisher }) => publisher.lastTimestamp,
      ),
      kafka_controller_kafkacontroller_lastcommittedrecordoffset: gauge(
        {
          known: 'kafka.controller:KafkaController,LastCommittedRecordOffset',
          unit: 'offset',
          help: 'Last metadata record known to be committed.',
          from: fromQuorum,
        },
        ({ quorum }) => quorum.committedOffset - 1,
      ),
    }),
    about(registeredBrokers, {
      kafka_controller_kafkacontroller_timesincelastheartbeatreceivedms: gauge(
        {
          known: 'kafka.controller:KafkaController,TimeSinceLastHeartbeatReceivedMs',
          unit: 'ms',
          help: 'Since the active controller heard of the broker. Told of brokers that it has heard of.',
          from: fromSessions,
        },
        ({ id }, { rooms, now }) => {
          const heardAt = rooms!.lastHeard()?.(id)
          return heardAt === undefined ? null : Math.max(0, now - heardAt)
        },
      ),
    }),
  ),
  chapter(
    'Quorum',
    about(quorumState, {
      kafka_server_raftmetrics_current_state: untyped(
        {
          known: 'kafka.server:raft-metrics,current-state',
          help: 'Always 1; its label says what this node is to the log of the metadata: leader, follower, observer or unattached.',
          from: fromQuorum,
        },
        () => 1,
      ),
    }),
    about(openNode, {
      kafka_server_raftmetrics_current_leader: gauge(
        {
          known: 'kafka.server:raft-metrics,current-leader',
          unit: 'node id',
          help: 'Who leads, as this node knows it; -1: nobody.',
          from: fromQuorum,
        },
        ({ quorum }) => quorum.leaderId ?? -1,
      ),
      kafka_server_raftmetrics_current_epoch: gauge(
        { known: 'kafka.server:raft-metrics,current-epoch', unit: 'epoch', help: 'Epoch of the leader.', from: fromQuorum },
        ({ quorum }) => quorum.leaderEpoch,
      ),
      kafka_server_raftmetrics_high_watermark: gauge(
        {
          known: 'kafka.server:raft-metrics,high-watermark',
          unit: 'offset',
          help: 'End of what is committed of the metadata.',
          from: fromQuorum,
        },
        ({ quorum }) => quorum.committedOffset,
      ),
      kafka_server_raftmetrics_log_end_offset: gauge(
        {
          known: 'kafka.server:raft-metrics,log-end-offset',
          unit: 'offset',
          help: "End of this node's copy of the metadata's log.",
          from: fromQuorum,
        },
        ({ quorum }) => quorum.endOffset,
      ),
      kafka_server_raftmetrics_number_of_voters: gauge(
        { known: 'kafka.server:raft-metrics,number-of-voters', help: 'Who votes on the metadata.', from: fromQuorum },
        ({ quorum }) => quorum.voters?.length ?? null,
      ),
      kafka_server_metadataloader_currentcontrollerid: gauge(
        {
          known: 'kafka.server:MetadataLoader,CurrentControllerId',
          unit: 'node id',
          help: 'The active controller; -1: none is known.',
          from: fromQuorum,
        },
        ({ quorum }) => quorum.leaderId ?? -1,
      ),
      kafka_server_metadataloader_currentmetadataversion: gauge(
        {
          known: 'kafka.server:MetadataLoader,CurrentMetadataVersion',
          help: 'Level of the feature metadata.version.',
          from: fromImage,
        },
        ({ image }) => image.features.get('metadata.version') ?? null,
      ),
    }),
  ),
  chapter(
    'Cluster, as kafka_exporter tells of it',
    about(activeController, {
      kafka_brokers: gauge(
        { known: 'kafka_exporter', help: 'Brokers that are not fenced. Told by the active controller.', from: fromImage },
        (_, { cluster }) => cluster!.activeBrokers,
      ),
    }),
    about(brokerAddresses, {
      kafka_broker_info: gauge(
        { known: 'kafka_exporter', help: 'Always 1, of each registered broker. Told by the active controller.', from: fromImage },
        () => 1,
      ),
    }),
    about(topics, {
      kafka_topic_partitions: gauge(
        {
          known: 'kafka_exporter',
          unit: 'partitions',
          help: 'How many partitions the topic has. Told by the active controller.',
          from: fromImage,
        },
        ({ partitions }) => partitions.length,
      ),
    }),
  ),
]
