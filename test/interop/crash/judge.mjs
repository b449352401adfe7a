/**
 * kill -9 under the load of a foreign idempotent producer, three times in its life: everything that was acknowledged is there
 * afterwards, at the offset that was told, once.
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { pythonWith, versions } from '../lib/cache.mjs'
import { start } from '../lib/processes.mjs'

const rounds = 3
const sleep = (ms) => new Promise((resume) => setTimeout(resume, ms))

export const judge = {
  name: 'crash',
  about: `kill -9 under an idempotent librdkafka producer, ${rounds} times, then everything acknowledged is read back`,
  needs: ['python3'],
  startsBrokers: true,
  minutes: 6,

  install: () => pythonWith('confluent-kafka', [`confluent-kafka==${versions.confluentKafka}`]),

  async run({ report, tools: python, workDir, startBroker }) {
    const dir = join(workDir, 'node')
    let broker = await startBroker({ dir })
    const { port } = broker
    const load = start(python, [join(import.meta.dirname, 'load.py'), broker.bootstrap], { input: null })
    try {
      for (let round = 1; round <= rounds; round++) {
        await report.test(
          `round ${round}: killed under load, serves again`,
          async () => {
            const before = acknowledgedBy(load)
            await untilMore(load, before + 2000)
            await broker.kill()
            broker = await startBroker({ dir, port })
            await untilMore(load, acknowledgedBy(load))
          },
          { timeoutMs: 90_000 },
        )
      }
      load.stdin.end('stop\n') // it flushes, reads everything back and compares
      const { code } = await load.ended
      report.takeLines(load.stdout)
      report.record('load program ends well', code === 0 ? 'passed' : 'failed', code === 0 ? '' : load.stderr.slice(-500))
    } finally {
      load.destroy()
    }
    await report.test(
      'stops cleanly and finds the same after a clean restart',
      async () => {
        await broker.stop()
        broker = await startBroker({ dir, port })
        const again = start(python, [join(import.meta.dirname, 'load.py'), broker.bootstrap, 'read', endsOf(load)])
        assert.equal((await again.ended).code, 0, again.output.slice(-500))
        await broker.stop()
      },
      { timeoutMs: 120_000 },
    )
  },
}

/** How many records the load program says were acknowledged so far. */
function acknowledgedBy(load) {
  return Number([...load.stdout.matchAll(/^acknowledged (\d+)$/gm)].at(-1)?.[1] ?? 0)
}

const endsOf = (load) => /^ends (.*)$/m.exec(load.stdout)?.[1] ?? ''

async function untilMore(load, count) {
  const deadline = performance.now() + 75_000
  while (acknowledgedBy(load) <= count) {
    if (load.exited) throw new Error(`the producer gave up: ${load.output.slice(-500)}`)
    if (performance.now() > deadline) throw new Error(`nothing more was acknowledged: ${load.output.slice(-500)}`)
    await sleep(20)
  }
}
