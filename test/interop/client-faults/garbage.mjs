/** Answers that are none: a client says so with a typed error, or asks again on another connection; it never hangs, and takes nothing for an answer. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { strikeNext } from './world.mjs'

const size = (value) => {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}
const framed = (...parts) => {
  const body = Buffer.concat(parts)
  return Buffer.concat([size(body.length), body])
}

/** By what they are: made of the true answer. */
const ANSWERS = {
  'random bytes': () => randomBytes(300),
  'a web server': () => Buffer.from('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n'),
  'a size of two gigabytes': () => size(2 ** 31 - 1),
  'a negative size': () => size(-5),
  'no bytes at all': () => size(0),
  'an answer to another request': (frame) => framed(size(frame.readInt32BE(4) + 1000), frame.subarray(8)),
  'half of the answer': (frame) => framed(frame.subarray(4, 4 + Math.floor((frame.length - 4) / 2))),
  'the answer with random bytes': (frame) => framed(frame.subarray(4, 8), randomBytes(frame.length - 8)),
  'the answer with counts that are too large': (frame) => framed(frame.subarray(4, 8), Buffer.alloc(frame.length - 8, 0x7f)),
}

const APIS = { Produce: 0, Fetch: 1, Metadata: 3, OffsetCommit: 8, JoinGroup: 11, ApiVersions: 18 }

export async function garbage({ share, test, producerOf, consumerOf, topic, read, proxy, client }) {
  for (const [turn, [what, answer]] of Object.entries(ANSWERS).entries()) {
    await test(`${what} in the place of an answer: nothing acknowledged is lost, and nothing hangs`, async () => {
      const name = await topic()
      const acknowledged = []
      const typed = (why) => assert.ok(why instanceof client.ClientError, `no error of the client: ${why?.stack}`)
      let sent = 0
      for (const [api, key] of share(Object.entries(APIS), turn)) {
        const producer = producerOf({ deliveryTimeoutMs: 5000, maxBlockMs: 5000 })
        const consumer = consumerOf({ groupId: `garbage.${name}`, defaultApiTimeoutMs: 3000, enableAutoCommit: false })
        const { strokes } = proxy
        strikeNext(proxy, 'answer', key, () => ({ answer }))
        try {
          for (let i = 0; i < 3; i++) {
            const value = `${sent++}`
            const place = await producer.send({ topic: name, value }).catch(typed)
            if (place) acknowledged[place.offset] = value
          }
          consumer.subscribe(name)
          const until = performance.now() + 8000
          const values = []
          while (values.length === 0 && performance.now() < until) {
            values.push(...((await consumer.poll({ timeoutMs: 500 }).catch(typed)) ?? []))
          }
          assert.ok(values.length > 0, `nothing was read after an answer to ${api}`)
          for (const { offset, value } of values) assert.ok((acknowledged[offset] ?? value) === value)
          await consumer.commit().catch(typed)
          await consumer.commit()
        } finally {
          proxy.onFrame = null
          await Promise.all([producer.close({ timeoutMs: 3000 }), consumer.close({ timeoutMs: 3000 })])
        }
        assert.equal(proxy.strokes, strokes + 1, `${api} was not answered with it`)
      }
      const found = await read(name, acknowledged.length)
      assert.equal(new Set(found).size, found.length, 'something is there twice')
      for (const [offset, value] of acknowledged.entries()) if (value !== undefined) assert.equal(found[offset], value)
    })
  }
}
