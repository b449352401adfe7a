/** The example of log aggregation with a real syslog daemon: rsyslog writes into the broker, which is killed on the way, and a program of ours reads. */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { freePort, projectDir, tail } from '../lib/brokers.mjs'
import { debianRoot } from '../lib/debian.mjs'
import { start } from '../lib/processes.mjs'
import { eventually } from '../lib/report.mjs'

/** rsyslog with its Kafka output, and what it needs that a bare machine lacks. */
const PACKAGES = ['rsyslog', 'rsyslog-kafka', 'libestr0', 'libfastjson4', 'liblognorm5', 'librdkafka1']
const HOSTS = ['web-1', 'web-2', 'db-1']
const [ERROR, INFO] = [11, 14] // of the facility "user"

export const judge = {
  name: 'syslog',
  about: 'examples/syslog: rsyslog with its Kafka output, and a broker that is killed while log lines come in',
  needs: ['apt-get'],
  startsBrokers: true,
  minutes: 4,
  install: () => debianRoot('rsyslog', PACKAGES),

  async run({ report, workDir, startBroker, tools: root }) {
    const port = await freePort()
    const dir = join(workDir, 'broker')
    const overrides = { 'auto.create.topics.enable': 'true', 'group.initial.rebalance.delay.ms': '0' }
    const first = await startBroker({ dir, port, overrides })
    const syslog = await freePort()
    const config = join(workDir, 'rsyslog.conf')
    const text = readFileSync(join(projectDir, 'examples/syslog/rsyslog.conf'), 'utf8')
    writeFileSync(
      config,
      text.replaceAll('localhost:9092', first.bootstrap).replaceAll('10514', `${syslog}`).replaceAll('/tmp', workDir),
    )
    const libraries = join(root, 'usr/lib', `${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`)
    const daemon = start(
      join(root, 'usr/sbin/rsyslogd'),
      ['-n', '-f', config, '-i', join(workDir, 'rsyslog.pid'), '-M', join(libraries, 'rsyslog')],
      { env: { ...process.env, LD_LIBRARY_PATH: libraries } },
    )
    const follower = start(process.execPath, [join(projectDir, 'examples/syslog/errors.mjs'), first.bootstrap])
    try {
      await report.test('log lines of either form come to the program that follows them', async () => {
        await eventually(() => send(syslog, []), 20_000) // it listens
        await send(syslog, linesOf(0, 100))
        await eventually(() => assert.equal(errorsOf(follower).length, 30, tail(follower.output + daemon.output)), 30_000)
        assert.deepEqual(new Set(errorsOf(follower)), new Set(expectedErrors(0, 100)))
      })
      await report.test(
        'what comes while the broker is killed and started again is not lost',
        async () => {
          await send(syslog, linesOf(100, 200))
          await first.kill()
          await send(syslog, linesOf(200, 300))
          const second = await startBroker({ dir, port, overrides })
          await send(syslog, linesOf(300, 400))
          await eventually(() => {
            const printed = new Set(errorsOf(follower))
            assert.deepEqual(
              expectedErrors(0, 400).filter((line) => !printed.has(line)),
              [],
            )
          }, 60_000)
          assert.equal(second.child.exited, null)
        },
        { timeoutMs: 90_000 },
      )
      await report.test('Ctrl-C ends the program, which says how much each host sent', async () => {
        follower.kill('SIGINT')
        await follower.ended
        assert.equal(follower.exited.code, 0, tail(follower.output))
        const counts = new Map(
          [...follower.stdout.matchAll(/^(\S+) sent (\d+) lines$/gm)].map(([, host, count]) => [host, Number(count)]),
        )
        assert.deepEqual([...counts.keys()], HOSTS.toSorted())
        for (const count of counts.values()) assert.ok(count >= 133, 'of 400 lines of three hosts')
      })
    } finally {
      follower.destroy()
      daemon.destroy()
      await Promise.all([follower.ended, daemon.ended])
    }
  },
}

const hostOf = (i) => HOSTS[i % HOSTS.length]
const isError = (i) => i % 10 < 3

/** Lines number `from` to `end`, one in the older form after one in the newer. */
function linesOf(from, end) {
  return range(from, end).map((i) => {
    const priority = isError(i) ? ERROR : INFO
    const text = `line ${i} says "hello"`
    return i % 2 === 0
      ? `<${priority}>1 2026-01-02T03:04:05.678Z ${hostOf(i)} shop ${i} - - ${text}\n`
      : `<${priority}>Jan  2 03:04:05 ${hostOf(i)} shop[${i}]: ${text}\n`
  })
}

function expectedErrors(from, end) {
  return range(from, end)
    .filter(isError)
    .map((i) => `${hostOf(i)} shop: line ${i} says "hello"`)
}

const range = (from, end) => Array.from({ length: end - from }, (_, i) => from + i)

const errorsOf = ({ stdout }) => stdout.split('\n').filter((line) => line.includes(' shop: '))

/** Sends and waits until all of it was taken. */
function send(port, lines) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.end(lines.join('')))
    socket.once('error', reject)
    socket.once('close', resolve)
    socket.resume()
  })
}
