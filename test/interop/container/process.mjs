/** The entry point as a process: what it becomes, how it ends, and what it says to settings that are wrong. */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, tail } from '../lib/brokers.mjs'
import { descendants, run, start } from '../lib/processes.mjs'
import { eventually, Skip } from '../lib/report.mjs'
import { Neighbour, Service } from './service.mjs'

/** A broker that nobody else knows of. */
async function lonely() {
  const port = await freePort()
  return { port, environment: { KAFKA_LISTENERS: `PLAINTEXT://127.0.0.1:${port}`, KAFKA_METRICS_PORT: `${await freePort()}` } }
}

export async function judgeProcess(world) {
  const { report, image, workDir } = world
  await report.test('the entry point becomes the broker, which stays alone when its topics are made', async () => {
    const { port, environment } = await lonely()
    const service = new Service(world, 'process', { ...environment, KAFKA_CREATE_TOPICS: 'a:1:1 b:2:1:compact' })
    try {
      service.up()
      await service.healthy()
      assert.match(readFileSync(`/proc/${service.pid}/cmdline`, 'utf8'), /odradek\0start/)
      const neighbour = new Neighbour(world, `127.0.0.1:${port}`)
      await neighbour.sees('a', /PartitionCount: 1/)
      await neighbour.sees('b', /PartitionCount: 2.*cleanup\.policy=compact/)
      await eventually(() => assert.deepEqual(alive(service.pid), [service.pid]))
      await service.stop()
    } finally {
      await service.kill()
    }
  })

  await report.test('as the first process of its own tree of processes it ends with 0 at SIGTERM', async () => {
    const alone = ['unshare', '--pid', '--fork', '--kill-child']
    if ((await run(alone[0], [...alone.slice(1), 'true'])).code !== 0) throw new Skip('this machine does not let us have one')
    const { environment } = await lonely()
    const [command, words] = image.entryPoint()
    const variables = { ...environment, KAFKA_LOG_DIRS: image.at('/var/lib/kafka/data'), KAFKA_CREATE_TOPICS: 'a:1:1' }
    const outer = start(alone[0], [...alone.slice(1), command, ...words], { cwd: workDir, env: image.env(variables) })
    try {
      await eventually(() => assert.match(outer.stdout, /Created topic a\./, tail(outer.output)), 40_000)
      process.kill(descendants(outer.pid)[1], 'SIGTERM')
      const { code, signal } = await outer.ended
      assert.equal(code, 0, `it ended with ${code ?? signal}: ${tail(outer.output)}`)
      assert.match(outer.output, /odradek: stopped/)
    } finally {
      outer.destroy()
      await outer.ended
    }
  })

  await report.test('a mounted server.properties is used; variables go before it, and options before those', async () => {
    const { port, environment } = await lonely()
    const file = join(workDir, 'server.properties')
    const lines = [
      `listeners=PLAINTEXT://127.0.0.1:${port}`,
      'node.id=7',
      'num.partitions=5',
      'offsets.topic.replication.factor=1',
    ]
    writeFileSync(file, `${lines.join('\n')}\n`)
    const { KAFKA_METRICS_PORT } = environment
    const variables = { ODRADEK_PROPERTIES: file, KAFKA_METRICS_PORT, KAFKA_NUM_PARTITIONS: '3', KAFKA_CREATE_TOPICS: 'log:1:1' }
    const service = new Service(world, 'file', variables)
    try {
      service.up(['--override', 'message.max.bytes=12345'])
      await service.healthy()
      assert.match(service.output, /\(node 7, data in /)
      const neighbour = new Neighbour(world, `127.0.0.1:${port}`)
      await neighbour.sees('log', /PartitionCount: 1/)
      const described = await neighbour.command(
        'kafka-configs',
        '--describe',
        '--entity-type',
        'brokers',
        '--entity-name',
        '7',
        '--all',
      )
      for (const setting of ['num.partitions=3', 'message.max.bytes=12345', 'offsets.topic.replication.factor=1']) {
        assert.match(described, new RegExp(`^ *${setting.replaceAll('.', '\\.')} `, 'm'))
      }
      await service.stop()
    } finally {
      await service.kill()
    }
  })

  const wrong = {
    'a value that is none': [{ KAFKA_NUM_PARTITIONS: 'many' }, /KAFKA_NUM_PARTITIONS/],
    'listeners that nobody could reach': [{ KAFKA_LISTENERS: 'PLAINTEXT://0.0.0.0:9092' }, /advertised\.listeners/],
    'a listener that is none': [{ KAFKA_ADVERTISED_LISTENERS: 'localhost:9092' }, /KAFKA_ADVERTISED_LISTENERS/],
    'topics that are none': [{ KAFKA_CREATE_TOPICS: 'a:1:1,b:many:1' }, /KAFKA_CREATE_TOPICS: b:many:1 is not valid/],
    'a command that fails': [
      { KAFKA_ADVERTISED_LISTENERS: 'PLAINTEXT://_{HOSTNAME_COMMAND}:9092', HOSTNAME_COMMAND: 'false' },
      /HOSTNAME_COMMAND: its command failed/,
    ],
    'a file that is not there': [{ ODRADEK_PROPERTIES: '/nowhere/server.properties' }, /ODRADEK_PROPERTIES: there is no file/],
  }
  for (const [name, [variables, message]] of Object.entries(wrong)) {
    await report.test(`${name}: it ends with an error that names the variable`, async () => {
      const { code, stderr, timedOut } = await image.run(variables)
      assert.ok(code !== 0 && !timedOut, `${code}: ${stderr}`)
      assert.match(stderr, message)
    })
  }
}

/** A process and those below it that have not ended: one that nobody asked how it ended is in the list of processes still. */
function alive(pid) {
  return descendants(pid).filter((each) => !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${each}/stat`, 'utf8')))
}
