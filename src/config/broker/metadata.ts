// The metadata log and the quorum of controllers.

import { bool, int, list, long, string, type Table } from '../keys.ts'

export const metadataConfigs = {
  'controller.listener.names': list<readonly string[]>(
    { required: true, empty: false, importance: 'high' },
    'The listeners that only the controller uses, the first one for requests to it; required in KRaft.',
  ),
  'controller.performance.always.log.threshold.ms': long(
    { initial: 2000, min: 0, internal: true },
    'A controller event that takes longer than this is always logged.',
  ),
  'controller.performance.sample.period.ms': long(
    { initial: 60_000, min: 100, internal: true },
    'How often the controller logs how long its events take.',
  ),
  'controller.quorum.append.linger.ms': int(
    { initial: 25, min: 0 },
    'How long the leader of the metadata quorum gathers records before it writes them.',
  ),
  'controller.quorum.auto.join.enable': bool(
    { initial: false, importance: 'low' },
    'Whether a controller that is not a voter yet adds itself to the quorum.',
  ),
  'controller.quorum.bootstrap.servers': list(
    { initial: [], importance: 'high' },
    'Addresses at which the members of the metadata quorum can be found.',
  ),
  'controller.quorum.election.backoff.max.ms': int(
    { initial: 1000, min: 0, importance: 'high' },
    'Longest random pause before a new election of the metadata quorum after a failed one.',
  ),
  'controller.quorum.election.timeout.ms': int(
    { initial: 1000, min: 0, importance: 'high' },
    'How long a candidate waits for votes before it starts over.',
  ),
  'controller.quorum.fetch.timeout.ms': int(
    { initial: 2000, min: 0, importance: 'high' },
    'How long a member of the metadata quorum waits without hearing of a leader before it asks for votes.',
  ),
  'controller.quorum.request.timeout.ms': int(
    { initial: 2000, min: 0 },
    'How long a request between members of the metadata quorum may take.',
  ),
  'controller.quorum.retry.backoff.ms': int(
    { initial: 20, min: 0, importance: 'low' },
    'Pause before a failed request between members of the metadata quorum is sent again.',
  ),
  'controller.quorum.voters': list(
    { initial: [], importance: 'high' },
    'The voters of a static metadata quorum, as id@host:port.',
  ),
  'controller.socket.timeout.ms': int({ initial: 30_000 }, 'How long a request from the controller to a broker may take.'),
  'internal.metadata.delete.delay.millis': long(
    { initial: 60_000, importance: 'low', internal: true },
    'How long a removed segment or snapshot of the metadata log stays on disk.',
  ),
  'internal.metadata.log.segment.bytes': int(
    { initial: null, importance: 'low', internal: true },
    'Segment size of the metadata log, for tests that need small ones.',
  ),
  'internal.metadata.max.batch.size.in.bytes': int(
    { initial: 8_388_608, importance: 'low', internal: true },
    'Largest batch that the leader of the metadata log writes.',
  ),
  'internal.metadata.max.fetch.size.in.bytes': int(
    { initial: 8_388_608, importance: 'low', internal: true },
    'Most bytes that one fetch of the metadata log gives.',
  ),
  'metadata.log.dir': string(
    { initial: null, importance: 'high' },
    'Where the metadata log lies, if not in the first of `log.dirs`.',
  ),
  'metadata.log.max.record.bytes.between.snapshots': long(
    { initial: 20_971_520, min: 1, importance: 'high' },
    'After how many bytes of new metadata records a snapshot is written.',
  ),
  'metadata.log.max.snapshot.interval.ms': long(
    { initial: 3_600_000, min: 0, importance: 'high' },
    'After how long a snapshot is written if there is anything new; 0 means by size alone.',
  ),
  'metadata.log.segment.bytes': int(
    { initial: 1_073_741_824, min: 8_388_608, importance: 'high' },
    'Size at which a segment of the metadata log is full.',
  ),
  'metadata.log.segment.ms': long(
    { initial: 604_800_000, importance: 'high' },
    'After how long a new segment of the metadata log begins.',
  ),
  'metadata.max.idle.interval.ms': int(
    { initial: 500, min: 0, importance: 'low' },
    "How often Kafka's active controller writes a record that does nothing; 0 is never.",
  ),
  'metadata.max.retention.bytes': long(
    { initial: 104_857_600, importance: 'high' },
    'Size of metadata log and snapshots together at which the oldest are deleted.',
  ),
  'metadata.max.retention.ms': long(
    { initial: 604_800_000, importance: 'high' },
    'Age at which snapshots and segments of the metadata log are deleted.',
  ),
  'unstable.api.versions.enable': bool(
    { initial: false, importance: 'high', internal: true },
    'Whether API versions still in development are offered.',
  ),
  'unstable.feature.versions.enable': bool(
    { initial: false, importance: 'high', internal: true },
    'Whether feature levels still in development are offered.',
  ),
} satisfies Table
