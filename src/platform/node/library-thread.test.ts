import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Program } from '../../base/work.ts'
import { LibraryThread } from './library-thread.ts'

/** A library as a thread gets it: as text, with packages alone to build on. */
const program: Program = async (load) => {
  const { threadId } = load('node:worker_threads') as { threadId: number }
  return {
    doubled: (bytes, times) => bytes.map((byte) => byte * times),
    thread: () => Uint8Array.of(threadId),
    fails: () => {
      throw new Error('not that')
    },
    ends: () => {
      ;(load('node:process') as { exit(code: number): never }).exit(3)
      return new Uint8Array(0)
    },
  }
}

const none = new Uint8Array(0)

test('a library answers from another thread, in the order of the calls, and its errors come back', async () => {
  const thread = new LibraryThread()
  assert.equal(thread.isRunning, false, 'nothing is started in vain')
  const pool = Buffer.from('--abc--')
  const answers = await Promise.allSettled([
    thread.call(program, 'doubled', pool.subarray(2, 5), 1),
    thread.call(program, 'fails', none, 0),
    thread.call(program, 'thread', none, 0),
  ])
  assert.equal(pool.toString(), '--abc--', 'the caller keeps its bytes')
  const [doubled, fails, id] = answers
  assert.equal(doubled.status === 'fulfilled' && Buffer.from(doubled.value).toString(), 'abc')
  assert.match(String(fails.status === 'rejected' && fails.reason), /not that/)
  assert.ok(id.status === 'fulfilled' && id.value[0]! > 0)
  await thread.rest()
  assert.equal(thread.isRunning, false)
})

test('a thread that ends fails the call that it had, and the next call gets a new one', async () => {
  const thread = new LibraryThread()
  const lost = thread.call(program, 'ends', none, 0)
  const next = thread.call(program, 'doubled', Uint8Array.of(4), 2)
  await assert.rejects(lost, /code 3/)
  assert.deepEqual(await next, Uint8Array.of(8))
  const cut = thread.call(program, 'doubled', Uint8Array.of(4), 2)
  await Promise.resolve()
  await thread.rest()
  await assert.rejects(cut, /was ended/)
})

test('what a thread answers after its end is not taken for the answer of the next call', async () => {
  const thread = new LibraryThread()
  const first = thread.call(program, 'doubled', Uint8Array.of(4), 2)
  await first
  const refused = thread.call(program, 'doubled', Uint8Array.of(5), 2)
  const isRefused = assert.rejects(refused, /was ended/)
  await Promise.resolve()
  // The answer is on its way before this thread is ended, and is read only when the next call waits for its own.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50)
  const ended = thread.rest()
  assert.deepEqual(await thread.call(program, 'doubled', Uint8Array.of(6), 2), Uint8Array.of(12))
  await Promise.all([isRefused, ended])
  await thread.rest()
})
