/** kafka-broker-api-versions, kafka-cluster, kafka-features, kafka-metadata-quorum, kafka-leader-election. */
import { changes, reads, wrong } from './line.mjs'

const apis = 'kafka-broker-api-versions'
const cluster = 'kafka-cluster'
const features = 'kafka-features'
const quorum = 'kafka-metadata-quorum'
const election = 'kafka-leader-election'

/** Numbers that grow by themselves, times, and ids that each cluster has for itself. */
const GROWS = [
  [/(HighWatermark: +|Epoch: )\d+/g, '$1N'],
  [/directoryId=[\w-]{22}/g, 'directoryId=ID'],
  [/^(\d+ +\t)[\w-]{22}(\t)\d+ +/gm, '$1ID$2N'],
  [/\t(\d{10,}|\d+ ms ago) +/g, '\tTIME'],
]

export const clusters = [
  wrong(apis, ''),
  wrong(apis, '--help'),
  wrong(apis, '--version'),
  wrong(apis, '$B --nothing'),
  reads(apis, '$B'),

  wrong(cluster, ''),
  wrong(cluster, '--help'),
  wrong(cluster, 'nothing'),
  wrong(cluster, 'cluster-id'),
  wrong(cluster, 'cluster-id --help'),
  wrong(cluster, 'cluster-id --bootstrap-server'),
  wrong(cluster, 'cluster-id $B --nothing'),
  wrong(cluster, 'cluster-id $B --bootstrap-controller 127.0.0.1:1'),
  wrong(cluster, 'unregister $B'),
  wrong(cluster, 'unregister $B --id one'),
  reads(cluster, 'cluster-id $B'),
  reads(cluster, 'cluster-id -b $A'),
  reads(cluster, 'list-endpoints $B'),
  reads(cluster, 'list-endpoints $B --include-fenced-brokers'),
  changes(cluster, 'unregister $B --id 7'),

  wrong(features, ''),
  wrong(features, '--help'),
  wrong(features, '$B'),
  wrong(features, '$B nothing'),
  wrong(features, 'describe'),
  wrong(features, '$B upgrade'),
  wrong(features, '$B upgrade --metadata 4.0 --release-version 4.0'),
  wrong(features, '$B upgrade --feature x'),
  wrong(features, '$B upgrade --feature metadata.version=x'),
  wrong(features, '$B downgrade'),
  wrong(features, '$B disable'),
  wrong(features, '$B version-mapping --release-version 1.0'),
  wrong(features, '$B feature-dependencies'),
  wrong(features, '$B feature-dependencies --feature nothing=1'),
  reads(features, '$B describe', { masks: GROWS }),
  reads(features, '$B describe --node-id 1', { masks: GROWS }),
  reads(features, '$B version-mapping', { masks: GROWS }),
  reads(features, '$B version-mapping --release-version 4.0', { masks: GROWS }),
  reads(features, '$B version-mapping --release-version 3.7-IV2', { masks: GROWS }),
  reads(features, '$B feature-dependencies --feature transaction.version=2', { masks: GROWS }),
  reads(features, '$B feature-dependencies --feature metadata.version=17 --feature group.version=1', { masks: GROWS }),
  changes(features, '$B upgrade --metadata 3.9 --dry-run', { masks: GROWS }),
  changes(features, '$B upgrade --release-version 4.2 --dry-run', { masks: GROWS }),
  changes(features, '$B upgrade --feature nothing=1', { masks: GROWS }),
  changes(features, '$B downgrade --metadata 4.1 --dry-run', { masks: GROWS }),
  changes(features, '$B disable --feature group.version --dry-run', { masks: GROWS }),

  wrong(quorum, ''),
  wrong(quorum, '--help'),
  wrong(quorum, '$B'),
  wrong(quorum, '$B describe'),
  wrong(quorum, 'describe --status'),
  wrong(quorum, '$B describe --status --replication'),
  wrong(quorum, '$B describe --status --human-readable'),
  wrong(quorum, '$B remove-controller'),
  reads(quorum, '$B describe --status', { masks: GROWS }),
  reads(quorum, '$B describe --replication', { masks: GROWS }),
  reads(quorum, '$B describe --re --hu', { masks: GROWS }),
  changes(quorum, '$B remove-controller --controller-id 7 --controller-directory-id AAAAAAAAAAAAAAAAAAAAAQ', { masks: GROWS }),
  changes(quorum, '$B remove-controller --controller-id 7 --controller-directory-id bad', { masks: GROWS }),
  changes(quorum, '$B remove-controller -i 7 -d AAAAAAAAAAAAAAAAAAAAAQ --dry-run', { masks: GROWS }),

  wrong(election, ''),
  wrong(election, '--help'),
  wrong(election, '$B --topic wide --partition 0'),
  wrong(election, '$B --election-type PREFERRED'),
  wrong(election, '$B --election-type nothing --all-topic-partitions'),
  wrong(election, '$B --election-type PREFERRED --topic wide'),
  wrong(election, '$B --election-type PREFERRED --partition 0'),
  wrong(election, '$B --election-type PREFERRED --all-topic-partitions --topic wide --partition 0'),
  wrong(election, '$B --election-type PREFERRED --path-to-json-file $D/no-such.json'),
  wrong(election, '--election-type PREFERRED --all-topic-partitions'),
  changes(election, '$B --election-type PREFERRED --topic wide --partition 0'),
  changes(election, '$B --election-type UNCLEAN --topic wide --partition 0'),
  changes(election, '$B --election-type preferred --topic nothing --partition 0'),
  changes(election, '$B --election-type PREFERRED --path-to-json-file $D/elect.json'),
  changes(election, '$B --election-type PREFERRED --path-to-json-file $D/elect-twice.json'),
]
