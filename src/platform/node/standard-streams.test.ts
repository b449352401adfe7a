import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'

test('a reader that goes away does not end who prints', async () => {
  const url = JSON.stringify(new URL('./standard-streams.js', import.meta.url).href)
  const program = `
    const { printLine, printComplaint, writeOutput } = await import(${url})
    printLine('first')
    for (let line = 0; line < 5; line++) {
      await new Promise((resume) => setTimeout(resume, 10))
      printLine('one more')
    }
    printComplaint(String(await writeOutput(Buffer.from('the last'))))`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'pipe'] })
  let complaints = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text))
  child.stdout.once('data', () => child.stdout.destroy())
  const [code] = await once(child, 'close')
  assert.deepEqual([code, complaints], [0, 'false\n'])
})
