/** The files that command lines name, by the name that they have in the judge's folder. */
const json = (value) => JSON.stringify(value)
const partitions = (...list) =>
  list.map(([topic, partition, offset]) => ({ topic, partition, ...(offset === undefined ? {} : { offset }) }))

export const files = {
  'client.properties': 'client.id=judge\nrequest.timeout.ms=20000\n',
  'hasty.properties': 'default.api.timeout.ms=600\nrequest.timeout.ms=500\nmax.block.ms=500\n',
  'senseless.properties': 'request.timeout.ms=soon\n',
  'topic.properties': 'retention.ms=7200000\n# a remark\nflush.ms: 60000\n',
  'one-group.csv': 'filled,0,1\nfilled,1,0\n',
  'two-groups.csv': 'g,filled,0,1\nh,filled,1,2\n',
  'broken.csv': 'filled,zero,1\n',
  'delete.json': json({ partitions: partitions(['filled', 0, 1], ['filled', 1, -1]), version: 1 }),
  'delete-beyond.json': json({ partitions: partitions(['filled', 0, 1000]), version: 1 }),
  'delete-twice.json': json({ partitions: partitions(['filled', 0, 1], ['filled', 0, 1]), version: 1 }),
  'delete-version.json': json({ partitions: partitions(['filled', 0, 1]), version: 2 }),
  'delete-broken.json': '{"partitions":',
  'elect.json': json({ partitions: partitions(['wide', 0], ['wide', 1]) }),
  'elect-twice.json': json({ partitions: partitions(['wide', 0], ['wide', 0]) }),
  'move.json': json({ topics: [{ topic: 'wide' }, { topic: 'plain' }], version: 1 }),
  'move-unknown.json': json({ topics: [{ topic: 'nothing' }], version: 1 }),
  'reassign.json': json({ version: 1, partitions: [{ topic: 'wide', partition: 0, replicas: [1], log_dirs: ['any'] }] }),
  'reassign-away.json': json({ version: 1, partitions: [{ topic: 'wide', partition: 0, replicas: [7] }] }),
  'reassign-unknown.json': json({ version: 1, partitions: [{ topic: 'nothing', partition: 0, replicas: [1] }] }),
  'reassign-two.json': json({
    version: 1,
    partitions: [
      { topic: 'wide', partition: 1, replicas: [1] },
      { topic: 'plain', partition: 0, replicas: [1] },
    ],
  }),
  'reassign-empty.json': json({ version: 1, partitions: [] }),
  'reassign-nobody.json': json({ version: 1, partitions: [{ topic: 'wide', partition: 0, replicas: [] }] }),
  'reassign-same.json': json({ version: 1, partitions: [{ topic: 'wide', partition: 0, replicas: [1, 1] }] }),
  'reassign-dirs.json': json({
    version: 1,
    partitions: [{ topic: 'wide', partition: 0, replicas: [1], log_dirs: ['any', 'any'] }],
  }),
  'reassign-version.json': json({ version: 2, partitions: [{ topic: 'wide', partition: 0, replicas: [1] }] }),
  'reassign-field.json': json({ version: 1, partitions: [{ topic: 'wide', replicas: [1] }] }),
  'move-twice.json': json({ topics: [{ topic: 'wide' }, { topic: 'wide' }], version: 1 }),
  'reader.properties': 'parse.key=true\nkey.separator=;\nignore.error=true\n',
  'formatter.properties': 'print.key=true\nprint.offset=true\nkey.separator=/\n',
  'payloads.txt': 'one;two;three;;',
  'some.text': 'no log\n',
  none: 'no dot\n',
  'first.log': '',
  'reassign-twice.json': json({
    version: 1,
    partitions: [
      { topic: 'wide', partition: 0, replicas: [1] },
      { topic: 'wide', partition: 0, replicas: [1] },
    ],
  }),
}

/** Files of which each of the two has one for itself; `$S` is its folder, `$L` that of its broker. */
export const ownFiles = {
  'node.properties':
    'process.roles=broker,controller\nnode.id=1\ncontroller.quorum.bootstrap.servers=localhost:19093\ncontroller.listener.names=CONTROLLER\n' +
    'listeners=PLAINTEXT://localhost:19092,CONTROLLER://localhost:19093\nlog.dirs=$S/one\n',
  'dirs.json': json({ version: 1, partitions: [{ topic: 'wide', partition: 0, replicas: [1], log_dirs: ['$L'] }] }),
  'dirs-nowhere.json': json({ version: 1, partitions: [{ topic: 'wide', partition: 0, replicas: [1], log_dirs: ['$L/none'] }] }),
}
