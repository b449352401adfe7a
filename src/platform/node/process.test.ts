import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'

test('a process waits for the end of what it stays for, though nothing but a timer of ours is left', () => {
  const url = (file: string) => JSON.stringify(new URL(file, import.meta.url).href)
  const program = `
    const { nodeClock } = await import(${url('./clock.js')})
    const { stayFor } = await import(${url('./process.js')})
    const pause = new Promise((resume) => nodeClock().after(30, resume))
    console.log(await stayFor(pause.then(() => 'over')))`
  const { stdout, status } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    timeout: 10_000,
    encoding: 'utf8',
  })
  assert.deepEqual([stdout, status], ['over\n', 0])
})
