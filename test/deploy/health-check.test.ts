// What the image's health check says to what a broker's /healthz says.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'

const script = join(process.cwd(), 'deploy/docker-healthcheck.sh')

function check(variables: Record<string, string>): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile('bash', [script], { env: { PATH: '/usr/bin:/bin', ...variables }, timeout: 10_000 }, (thrown, stdout, stderr) =>
      resolve({ code: thrown ? Number(thrown.code ?? -1) : 0, stdout, stderr }),
    )
  })
}

test('a broker is healthy when /healthz says 200, and else it is told why not', {
  skip: process.platform !== 'linux',
}, async (t) => {
  let answer = { status: 503, text: 'the broker is fenced' }
  const asked: (string | undefined)[] = []
  const server = createServer((request, response) => {
    asked.push(request.url)
    response.writeHead(answer.status).end(answer.text)
  }).listen(0, '127.0.0.1')
  t.after(() => server.close())
  await once(server, 'listening')
  const port = `${(server.address() as AddressInfo).port}`

  assert.deepEqual(await check({ KAFKA_METRICS_PORT: port }), { code: 1, stdout: 'the broker is fenced\n', stderr: '' })
  answer = { status: 200, text: 'ready' }
  for (const host of ['', '0.0.0.0', '127.0.0.1']) {
    const { code, stdout } = await check({ KAFKA_METRICS_PORT: port, KAFKA_METRICS_HOST: host })
    assert.deepEqual([code, stdout], [0, 'ready\n'])
  }
  assert.deepEqual(new Set(asked), new Set(['/healthz']))
  server.close()
  server.closeAllConnections()
  await once(server, 'close')
  assert.equal((await check({ KAFKA_METRICS_PORT: port })).code, 1)
  const off = await check({ KAFKA_METRICS_PORT: '0' })
  assert.equal(off.code, 1)
  assert.match(off.stderr, /metrics\.port is 0/)
})
