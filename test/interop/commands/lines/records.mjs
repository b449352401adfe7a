/** kafka-get-offsets, kafka-delete-records, kafka-log-dirs. */
import { changes, looks, reads, wrong } from './line.mjs'

const offsets = 'kafka-get-offsets'
const deleting = 'kafka-delete-records'
const dirs = 'kafka-log-dirs'

/** Directories and partitions in the order of their names. */
function inOrder(text) {
  return text.replace(/^\{"brokers":.*$/m, (line) => {
    const told = JSON.parse(line)
    for (const { logDirs } of told.brokers) {
      for (const { partitions } of logDirs) partitions.sort((a, b) => (a.partition < b.partition ? -1 : 1))
    }
    return JSON.stringify(told)
  })
}

export const records = [
  wrong(offsets, ''),
  wrong(offsets, '--help'),
  wrong(offsets, '--version'),
  wrong(offsets, '--topic a'),
  wrong(offsets, '$B --time soon'),
  wrong(offsets, '$B --topic a --topic-partitions a:0'),
  wrong(offsets, '$B --topic-partitions a:0 --partitions 0'),
  wrong(offsets, '$B --topic-partitions a:b:c'),
  wrong(offsets, '$B --topic a --partitions x'),
  reads(offsets, '$B'),
  reads(offsets, '$B --topic filled'),
  reads(offsets, '$B --topic filled --time -1'),
  reads(offsets, '$B --topic filled --time -2'),
  reads(offsets, '$B --topic filled --time earliest'),
  reads(offsets, '$B --topic filled --time latest'),
  // Which of two records is the later hangs on how quickly they came.
  looks(offsets, '$B --topic filled --time max-timestamp'),
  reads(offsets, '$B --topic filled --time earliest-local'),
  reads(offsets, '$B --topic filled --time latest-tiered'),
  reads(offsets, '$B --topic filled --time 1000'),
  reads(offsets, '$B --topic filled --time 4102444800000'),
  reads(offsets, '$B --topic filled --partitions 1'),
  reads(offsets, '$B --topic filled --partitions 0-2'),
  reads(offsets, '$B --topic-partitions filled:0,wide'),
  reads(offsets, '$B --topic-partitions "fil.*:1-,wide:-2"'),
  reads(offsets, '$B --topic nothing'),
  reads(offsets, '$B --exclude-internal-topics'),

  wrong(deleting, ''),
  wrong(deleting, '$B'),
  wrong(deleting, '--help'),
  wrong(deleting, '--offset-json-file $D/delete.json'),
  changes(deleting, '$B --offset-json-file $D/delete.json', { isUnordered: true }),
  changes(deleting, '$B --offset-json-file $D/delete-beyond.json'),
  changes(deleting, '$B --offset-json-file $D/delete-twice.json'),
  changes(deleting, '$B --offset-json-file $D/delete-version.json'),
  changes(deleting, '$B --offset-json-file $D/delete-broken.json'),
  changes(deleting, '$B --offset-json-file $D/no-such.json'),
  reads(offsets, '$B --topic filled --time earliest'),

  wrong(dirs, ''),
  wrong(dirs, '$B'),
  wrong(dirs, '--describe'),
  wrong(dirs, '--help'),
  reads(dirs, '$B --describe', { normalize: inOrder }),
  reads(dirs, '$B --describe --topic-list filled,wide', { normalize: inOrder }),
  reads(dirs, '$B --describe --topic-list nothing', { normalize: inOrder }),
  reads(dirs, '$B --describe --broker-list 1', { normalize: inOrder }),
  reads(dirs, '$B --describe --broker-list 1,7', { normalize: inOrder }),
  reads(dirs, '$B --describe --broker-list one', { normalize: inOrder }),
]
