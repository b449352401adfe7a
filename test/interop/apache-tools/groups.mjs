/** A Java consumer in a group, and kafka-consumer-groups and kafka-groups on it. */
import assert from 'node:assert/strict'

export async function groups({ report, tool }) {
  const topic = 'tools.grouped'
  const group = ['--group', 'tools-group']
  // Kafka's Java consumer joins as a classic member here; the newer protocol is judged when it is served.
  const consume = (count) =>
    tool('kafka-console-consumer', [
      ...['--topic', topic, ...group, '--from-beginning', '--max-messages', String(count), '--timeout-ms', '20000'],
      ...['--command-property', 'group.protocol=classic'],
    ])
  const send = (values) => tool('kafka-console-producer', ['--topic', topic], { input: `${values.join('\n')}\n` })
  const groupTool = (...args) => tool('kafka-consumer-groups', args)

  await report.test('kafka-console-consumer in a group', async () => {
    await tool('kafka-topics', ['--create', '--topic', topic, '--partitions', '2'])
    await send(['a', 'b', 'c', 'd'])
    assert.deepEqual((await consume(4)).trim().split('\n').sort(), ['a', 'b', 'c', 'd'])
    await send(['e'])
    assert.equal((await consume(1)).trim(), 'e')
  })

  await report.test('kafka-consumer-groups --list', async () => {
    assert.match(await groupTool('--list'), /^tools-group$/m)
    assert.match(await groupTool('--list', '--state'), /tools-group\s+Empty/)
    assert.match(await tool('kafka-groups', ['--list']), /tools-group\s+Classic\s+consumer/)
  })

  await report.test('kafka-consumer-groups --describe', async () => {
    const rows = (await groupTool('--describe', ...group))
      .trim()
      .split('\n')
      .filter((line) => line.includes(topic))
    const [current, end, lag] = [3, 4, 5].map((column) =>
      rows.reduce((sum, row) => sum + Number(row.trim().split(/\s+/)[column]), 0),
    )
    assert.deepEqual({ partitions: rows.length, current, end, lag }, { partitions: 2, current: 5, end: 5, lag: 0 })
    assert.match(await groupTool('--describe', '--state', ...group), /tools-group\s+\S+:\d+\s+\(1\)\s+\S*\s+Empty\s+0/)
    assert.match(await groupTool('--describe', '--group', 'nobody'), /Group nobody not found/)
  })

  await report.test('kafka-consumer-groups --reset-offsets', async () => {
    const reset = ['--reset-offsets', ...group, '--topic', topic]
    assert.match(await groupTool(...reset, '--to-earliest', '--dry-run'), new RegExp(`tools-group\\s+${topic}\\s+0\\s+0`))
    await groupTool(...reset, '--to-earliest', '--execute')
    assert.equal((await consume(5)).trim().split('\n').length, 5)
    await groupTool(...reset, '--shift-by', '-1', '--execute')
    await groupTool(...reset, '--to-latest', '--execute')
  })

  await report.test('kafka-consumer-groups --delete-offsets and --delete', async () => {
    assert.match(await groupTool('--delete-offsets', ...group, '--topic', topic), /Successful/)
    assert.match(await groupTool('--delete', ...group), /Deletion of requested consumer groups \('tools-group'\) was successful/)
    assert.doesNotMatch(await groupTool('--list'), /tools-group/)
  })
}
