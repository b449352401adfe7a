/** kafka-dump-log: files of live brokers, Apache's and ours. */
import { changes, looks, wrong } from './line.mjs'

const tool = 'kafka-dump-log'
const FIRST = '00000000000000000000'
const said = `--files $L/said-0/${FIRST}`
const rolled = `--files $L/rolled-0/${FIRST}`
/** cg is a group of this partition. */
const offsets = `--files $L/__consumer_offsets-22/${FIRST}.log`
const metadata = `--files $L/__cluster_metadata-0/${FIRST}.log --max-bytes 4000`

/** The log of the metadata grows by itself. */
const decoder = (name) => `org.apache.kafka.tools.api.${name}Decoder`

export const dumps = [
  wrong(tool, ''),
  wrong(tool, '--help'),
  wrong(tool, '--version'),
  wrong(tool, '--print-data-log'),
  wrong(tool, '--files'),
  wrong(tool, `--files $D/${FIRST}.log`),
  wrong(tool, '--files $D/none'),
  wrong(tool, '--files $D/some.text'),
  wrong(tool, '--files $D/first.log'),
  wrong(tool, `--files $D/${FIRST}.log --max-bytes many`, { ignores: /For input string|Cannot parse argument/ }),
  wrong(tool, '--files $D/a --nothing'),

  changes('kafka-topics', '$B --create --topic rolled --config segment.ms=100'),
  changes('kafka-console-producer', '$B --topic rolled --sync', { input: 'one\ntwo\n' }),
  changes('kafka-console-producer', '$B --topic rolled', { input: 'three\n' }),

  looks(tool, `${said}.log`),
  looks(tool, `${said}.log --deep-iteration`),
  looks(tool, `${said}.log --print-data-log`),
  looks(tool, `${said}.log --print-data-log --skip-record-metadata`),
  looks(tool, `${said}.log --max-bytes 200`),
  looks(tool, `${said}.log --value-decoder-class ${decoder('String')} --key-decoder-class`),
  looks(tool, `${said}.log --value-decoder-class no.such.Decoder`),
  looks(tool, `${said}.index`),
  looks(tool, `${said}.index --verify-index-only`),
  looks(tool, `${said}.timeindex`),
  looks(tool, `${said}.timeindex --index-sanity-check`),
  looks(tool, `${said}.log,$L/said-0/partition.metadata`),
  looks(tool, '--files $L/said-0/leader-epoch-checkpoint'),
  looks(tool, `${rolled}.log,$L/rolled-0/00000000000000000002.log --print-data-log`),
  looks(tool, `${rolled}.index,$L/rolled-0/${FIRST}.timeindex`),
  looks(tool, `${rolled}.index --index-sanity-check`),
  looks(tool, '--files $L/rolled-0/00000000000000000002.snapshot'),
  looks(tool, `${offsets} --offsets-decoder`),
  looks(tool, `${offsets} --offsets-decoder --skip-record-metadata`),
  looks(tool, `${offsets} --transaction-log-decoder`),
  looks(tool, `${said}.log --share-group-state-decoder`),
  looks(tool, `${metadata} --cluster-metadata-decoder`),
  looks(tool, `${metadata} --deep-iteration`),
  looks(tool, `${metadata} --cluster-metadata-decoder --skip-record-metadata`),
  looks(tool, `--files $L/__cluster_metadata-0/${FIRST}-0000000000.checkpoint --cluster-metadata-decoder`),
].map((line) => ({ ...line, oursFirst: true })) // Apache's makes an index that it does not find
