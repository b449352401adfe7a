/** kafka-python: the two scripts that every tutorial has, started the way a reader starts them, and a consumer group. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { pythonWith, versions } from '../lib/cache.mjs'
import { run, start } from '../lib/processes.mjs'

const script = (name) => join(import.meta.dirname, name)
const messages = Array.from({ length: 10 }, (_, i) => `Message ${i}`)

export const judge = {
  name: 'kafka-python',
  about: `kafka-python ${versions.kafkaPython}: the tutorials' producer and consumer, and a group`,
  needs: ['python3'],
  minutes: 3,

  install: () => pythonWith('kafka-python', [`kafka-python==${versions.kafkaPython}`]),

  async run({ bootstrap, report, tools: python }) {
    const environment = { ...process.env, PYTHONUNBUFFERED: '1' }

    await report.test('a consumer without a group waits while a producer sends ten times Message {i}', async () => {
      const consumer = start(python, [script('consumer.py'), bootstrap], { env: environment })
      try {
        await sleep(4000) // it begins at the end of the topic: a reader, too, starts it first and then turns to the producer
        const producer = await run(python, [script('producer.py'), bootstrap], { timeoutMs: 30_000 })
        assert.equal(producer.code, 0, producer.stderr)
        const deadline = performance.now() + 20_000
        while (received(consumer.stdout).length < 10 && performance.now() < deadline) await sleep(50)
        assert.deepEqual(received(consumer.stdout), messages, consumer.stderr)
      } finally {
        consumer.destroy()
        await consumer.ended
      }
    })

    const result = await run(python, [script('group.py'), bootstrap], { timeoutMs: 120_000 })
    report.takeLines(result.stdout)
    report.record('group program ends well', result.code === 0 ? 'passed' : 'failed', result.stderr)
  },
}

const received = (output) => output.split('\n').filter((line) => line.startsWith('Message'))
const sleep = (ms) => new Promise((resume) => setTimeout(resume, ms))
