/** kafka-reassign-partitions. */
import { changes, looks, reads, wrong } from './line.mjs'

const tool = 'kafka-reassign-partitions'

/** It prints Java's stack traces where scripts read. */
const normalize = (text) =>
  text
    .split('\n')
    .filter((line) => !/^\s+(at |\.\.\. \d+ more)|^Caused by: |^(?:[\w$]+\.)+[\w$]+(?:Exception|Error)(?::|$)/.test(line))
    .join('\n')
    // After a trace.
    .replace(/\n+$/, '\n')
const plan = '--reassignment-json-file $D'

export const reassignments = [
  wrong(tool, ''),
  wrong(tool, '--help'),
  wrong(tool, '$B'),
  wrong(tool, '$B --generate --execute'),
  wrong(tool, '$B --generate'),
  wrong(tool, '$B --execute'),
  wrong(tool, '$B --verify'),
  wrong(tool, '$B --generate --topics-to-move-json-file $D/move.json'),
  wrong(tool, '$B --list --throttle 5'),
  wrong(tool, '--list'),
  reads(tool, '$B --list'),
  looks(tool, '$C --list'),
  reads(tool, '$B --generate --topics-to-move-json-file $D/move.json --broker-list 1'),
  reads(tool, '$B --generate --topics-to-move-json-file $D/move.json --broker-list 1,1'),
  reads(tool, '$B --generate --topics-to-move-json-file $D/move.json --broker-list 1,7'),
  reads(tool, '$B --generate --topics-to-move-json-file $D/move-unknown.json --broker-list 1'),
  changes(tool, '$B --execute --reassignment-json-file $D/reassign.json'),
  changes(tool, '$B --verify --reassignment-json-file $D/reassign.json'),
  changes(tool, '$B --execute --reassignment-json-file $D/reassign-away.json'),
  changes(tool, '$B --execute --reassignment-json-file $D/reassign-unknown.json'),
  changes(tool, '$B --execute --reassignment-json-file $D/reassign-twice.json'),
  changes(tool, '$B --cancel --reassignment-json-file $D/reassign.json'),
  wrong(tool, '$B --execute --bootstrap-controller 127.0.0.1:1'),
  wrong(tool, '$B --verify --reassignment-json-file $D/reassign.json --throttle 5'),
  wrong(tool, `$B --cancel ${plan}/no-such.json`),
  wrong(tool, `$B --execute ${plan}/reassign-empty.json`),
  wrong(tool, `$B --execute ${plan}/reassign-nobody.json`),
  wrong(tool, `$B --execute ${plan}/reassign-same.json`),
  wrong(tool, `$B --execute ${plan}/reassign-dirs.json`),
  wrong(tool, `$B --execute ${plan}/reassign-version.json`),
  wrong(tool, `$B --execute ${plan}/reassign-field.json`),
  wrong(tool, '$B --generate --topics-to-move-json-file $D/move-twice.json --broker-list 1'),
  wrong(tool, '$B --generate --topics-to-move-json-file $D/move.json --broker-list one'),
  reads(tool, '$B --generate --topics-to-move-json-file $D/move.json --broker-list 7'),
  reads(tool, '$B --generate --topics-to-move-json-file $D/move.json --broker-list 1 --disable-rack-aware'),
  reads(tool, `$B --verify --preserve-throttles ${plan}/reassign-away.json`),
  reads(tool, `$B --verify --preserve-throttles ${plan}/reassign-unknown.json`),
  changes(tool, `$B --execute ${plan}/reassign-two.json --throttle 5000 --additional`),
  reads('kafka-configs', '$B --describe --topic wide'),
  reads('kafka-configs', '$B --describe --broker 1', { settles: true }),
  changes(tool, `$B --verify ${plan}/reassign-two.json`),
  reads('kafka-configs', '$B --describe --broker 1', { settles: true }),
  changes(tool, `$B --execute ${plan}/reassign.json --disallow-replication-factor-change`),
  changes(tool, `$B --cancel ${plan}/reassign.json`),
  changes(tool, `$B --cancel --preserve-throttles ${plan}/reassign-two.json`),
  changes(tool, '$B --execute --reassignment-json-file $S/dirs.json'),
  changes(tool, '$B --execute --reassignment-json-file $S/dirs-nowhere.json --timeout 300'),
  changes(tool, '$B --verify --reassignment-json-file $S/dirs.json'),
  changes(tool, '$B --verify --reassignment-json-file $S/dirs-nowhere.json'),
  changes(tool, '$B --cancel --reassignment-json-file $S/dirs.json'),
].map((line) => ({ normalize, ...line }))
