import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startProgram } from './programs.ts'

const moduleOf = (main: string) => `data:text/javascript,export const main = ${main}`

test('a program that has nothing left to do ends by itself, with the exit code that it set', { timeout: 20_000 }, async () => {
  const lines: string[] = []
  const output = { line: (text: string) => void lines.push(text), complaint: (text: string) => void lines.push(text) }
  const main = moduleOf('async (words) => { console.log(words.join()); process.exitCode = 3 }')
  assert.equal(await startProgram(main, ['a', 'b'], process.env, output).ended, 3)
  assert.deepEqual(lines, ['a,b'])
})
