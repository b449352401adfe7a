/** A broker that is killed, and comes back, under our producer. */
import assert from 'node:assert/strict'

export async function restarts({ report, runner, startBroker, workDir, client }) {
  await report.test(
    'kill -9 three times under a producer: what is acknowledged is there once, in order',
    async () => {
      const settings = { dir: `${workDir}/restarts`, overrides: { 'auto.create.topics.enable': 'true' } }
      let broker = await startBroker(settings)
      const { port, bootstrap } = broker
      const producer = new client.Producer({ bootstrapServers: bootstrap, requestTimeoutMs: 5000 })
      const acknowledged = []
      let isOver = false
      try {
        await producer.send({ topic: 'restarts', value: 'first' })
        const sending = (async () => {
          for (let i = 0; !isOver; i++) {
            const places = await producer.sendAll(
              Array.from({ length: 50 }, (_, j) => ({ topic: 'restarts', value: `${i * 50 + j}` })),
            )
            acknowledged.push(...places.map(({ offset }) => offset))
          }
        })()
        for (let kill = 0; kill < 3; kill++) {
          await new Promise((resume) => setTimeout(resume, 700))
          await broker.kill()
          broker = await startBroker({ ...settings, port })
        }
        const before = acknowledged.length
        for (let i = 0; i < 200 && acknowledged.length === before; i++) await new Promise((resume) => setTimeout(resume, 100))
        isOver = true
        await sending
        assert.ok(acknowledged.length > before, 'nothing was acknowledged after the last kill')
      } finally {
        isOver = true
        await producer.close({ timeoutMs: 10_000 })
      }
      const args = ['--topic', 'restarts', '--from-beginning', '--max-messages', acknowledged.length + 1, '--timeout-ms', '20000']
      const text = await runner.must('kafka-console-consumer', ['--bootstrap-server', bootstrap, ...args])
      const seen = text.trim().split('\n')
      assert.deepEqual(seen, ['first', ...acknowledged.map((_, i) => String(i))])
      await broker.stop()
    },
    { timeoutMs: 150_000 },
  )
}
