import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { after, test } from 'node:test'
import { nodeClock } from './clock.ts'

const clock = nodeClock()

// None of the clock's timers keeps the process alive, so the test does.
const keepAlive = setInterval(() => {}, 1000)
after(() => clearInterval(keepAlive))

test('a timer runs once after its time, unless it was cancelled', async () => {
  let runs = 0
  const startedAt = clock.monotonic()
  const cancelled = clock.after(1, () => runs++)
  cancelled.cancel()
  cancelled.cancel()
  await new Promise<void>((resolve) => clock.after(30, resolve))
  assert.ok(clock.monotonic() - startedAt >= 30)
  assert.equal(runs, 0)
})

test('a timer does not run before its time, however long the turn took in which it was set', async () => {
  let early = 0
  for (let round = 0; round < 20; round++) {
    const busyUntil = clock.monotonic() + 3
    while (clock.monotonic() < busyUntil);
    const dueAt = clock.monotonic() + 2.5
    await new Promise<void>((resolve) => clock.after(2.5, resolve))
    if (clock.monotonic() < dueAt) early++
  }
  assert.equal(early, 0)
})

test('a timer longer than Node can hold does not run at once', async () => {
  let runs = 0
  const timer = clock.after(2 ** 31 + 1000, () => runs++)
  const endless = clock.after(Infinity, () => runs++)
  await new Promise((resolve) => setTimeout(resolve, 20))
  assert.equal(runs, 0)
  timer.cancel()
  endless.cancel()
})

test('soon comes after everything that is ready', async () => {
  const order: string[] = []
  const done = new Promise<void>((resolve) =>
    clock.soon(() => {
      order.push('soon')
      resolve()
    }),
  )
  void Promise.resolve().then(() => order.push('promise'))
  order.push('now')
  await done
  assert.deepEqual(order, ['now', 'promise', 'soon'])
})

test('a pending timer does not keep the process alive', () => {
  const module = JSON.stringify(new URL('./clock.js', import.meta.url).href)
  const program = `import(${module}).then(({ nodeClock }) => { nodeClock().after(60_000, () => {}); nodeClock().after(2 ** 32, () => {}) })`
  assert.equal(spawnSync(process.execPath, ['-e', program], { timeout: 10_000 }).status, 0)
})
