/** What every command meets now and then: nobody at the address, and files of properties that are not there, are none, or say what makes no sense. */
import { inOwnWords, wrong } from './line.mjs'

const AT = '--bootstrap-server'
/** How each begins to ask, without an address and a file of properties. */
const asks = {
  'kafka-broker-api-versions': '',
  'kafka-configs': '--describe --topic plain',
  'kafka-consumer-groups': '--list --timeout 600',
  'kafka-delete-records': '--offset-json-file $D/delete.json',
  'kafka-features': 'describe',
  'kafka-get-offsets': '--topic plain',
  'kafka-groups': '--list',
  'kafka-leader-election': '--election-type PREFERRED --topic plain --partition 0',
  'kafka-log-dirs': '--describe',
  'kafka-metadata-quorum': 'describe --status',
  'kafka-reassign-partitions': '--list',
  'kafka-share-groups': '--list --timeout 600',
  'kafka-topics': '--list',
  'kafka-transactions': 'list',
}
/** Options of those with subcommands stand before them. */
const line = (tool, address, file) =>
  /^[a-z]/.test(asks[tool])
    ? `${AT} ${address} --command-config ${file} ${asks[tool]}`
    : `${asks[tool]} ${AT} ${address} --command-config ${file}`

/** Apache's wait for half a minute, whatever the file says. */
const isPatient = (tool) => ['kafka-leader-election', 'kafka-console-share-consumer'].includes(tool)

const ofAll = Object.keys(asks).flatMap((tool) => [
  ...(isPatient(tool) ? [] : [inOwnWords(wrong(tool, line(tool, '127.0.0.1:1', '$D/hasty.properties')))]),
  inOwnWords(wrong(tool, line(tool, '$A', '$D/no-such.properties'))),
  inOwnWords(wrong(tool, line(tool, '$A', '$D'))),
  inOwnWords(wrong(tool, line(tool, '$A', '$D/senseless.properties'))),
  inOwnWords(wrong(tool, line(tool, 'no-port', '$D/client.properties'))),
])

const clients = {
  'kafka-console-producer': '--topic plain',
  'kafka-console-consumer': '--topic plain --partition 0 --timeout-ms 500',
  'kafka-console-share-consumer': '--topic plain --timeout-ms 500',
  'kafka-producer-perf-test': '--topic plain --num-records 3 --record-size 10 --throughput -1',
  'kafka-consumer-perf-test': '--topic plain --num-records 3 --timeout 500',
  'kafka-e2e-latency': '--topic plain --num-records 3 --producer-acks all --record-size 10',
}
const ofClients = Object.entries(clients).flatMap(([tool, words]) =>
  [
    ...(isPatient(tool) ? [] : [`${AT} 127.0.0.1:1 ${words} --command-config $D/hasty.properties`]),
    `${AT} $A ${words} --command-config $D/no-such.properties`,
    `${AT} $A ${words} --command-config $D`,
    `${AT} $A ${words} --command-config $D/senseless.properties`,
    `${AT} no-port ${words}`,
  ].map((typed) => inOwnWords(wrong(tool, typed, { input: 'a line\n' }))),
)

const ofFiles = [
  ['kafka-cluster', 'cluster-id --bootstrap-server 127.0.0.1:1 --config $D/hasty.properties'],
  ['kafka-cluster', 'cluster-id $B --config $D/no-such.properties'],
  ['kafka-cluster', 'cluster-id $B --config $D/senseless.properties'],
  ['kafka-delete-records', '$B --offset-json-file $D'],
  ['kafka-configs', '$B --alter --topic plain --add-config-file $D/no-such.properties'],
  ['kafka-consumer-groups', '$B --reset-offsets --group g --from-file $D/no-such.csv --dry-run'],
  ['kafka-producer-perf-test', '$B --topic plain --num-records 3 --payload-file $D --throughput -1'],
  ['kafka-console-producer', '$B --topic plain --reader-config $D/no-such.properties'],
  ['kafka-console-consumer', '$B --topic plain --formatter-config $D/no-such.properties'],
  ['kafka-dump-log', '--files $D'],
  ['kafka-storage', 'info -c $D'],
  ['kafka-server-start', '$D/no-such.properties'],
].map(([tool, words]) => inOwnWords(wrong(tool, words)))

export const troubles = [...ofAll, ...ofClients, ...ofFiles]
