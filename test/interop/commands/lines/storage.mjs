/** kafka-storage. */
import { changes, wrong } from './line.mjs'

const tool = 'kafka-storage'
/** Ids of directories, and the features that a release brings along, of which the judge of clusters has more to say. */
const IDS = [
  [/directory\.id=[\w-]{22}/g, 'directory.id=ID'],
  [/^Bootstrap metadata: .*$/gm, 'Bootstrap metadata'],
]
const CLUSTER = 'MkU3OEVBNTcwNTJENDM2Qk'

export const storage = [
  wrong(tool, ''),
  wrong(tool, '--help'),
  wrong(tool, 'burn'),
  wrong(tool, 'format'),
  wrong(tool, 'format --help'),
  wrong(tool, 'format -c $D/no-such.properties'),
  wrong(tool, `format -c $D/no-such.properties -t ${CLUSTER}`),
  wrong(tool, 'info'),
  wrong(tool, 'random-uuid', { masks: [[/^[\w-]{22}$/m, 'UUID']] }),
  wrong(tool, 'random-uuid --burn'),
  wrong(tool, 'version-mapping'),
  wrong(tool, 'version-mapping --release-version 4.0'),
  wrong(tool, 'version-mapping -r 3.5-IV1'),
  wrong(tool, 'version-mapping -r 1.0'),
  wrong(tool, 'feature-dependencies'),
  wrong(tool, 'feature-dependencies -f eligible.leader.replicas.version=1 -f share.version=1'),
  wrong(tool, 'feature-dependencies --feature metadata.version=20'),
  wrong(tool, 'feature-dependencies --feature metadata.version=99'),
  wrong(tool, 'feature-dependencies --feature group.version=7'),
  changes(tool, 'info -c $S/node.properties', { masks: IDS }),
  changes(tool, `format -c $S/node.properties -t ${CLUSTER}`, { masks: IDS }),
  changes(tool, `format -c $S/node.properties -t ${CLUSTER} --standalone --no-initial-controllers`, { masks: IDS }),
  changes(tool, `format -c $S/node.properties -t ${CLUSTER} --standalone`, { masks: IDS }),
  changes(tool, `format -c $S/node.properties -t ${CLUSTER} --standalone`, { masks: IDS }),
  changes(tool, `format -c $S/node.properties -t ${CLUSTER} --standalone -g`, { masks: IDS }),
  changes(tool, 'info --config $S/node.properties', { masks: IDS }),
]
