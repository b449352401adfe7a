// The quickstart names programs that it has shown, and commands that there are. A judge runs it (test/interop/quickstart).

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'

type Step =
  | { readonly kind: 'file'; readonly name: string; readonly text: string }
  | { readonly kind: 'command'; readonly text: string; readonly where: string; readonly prints: readonly string[] }

const root = process.cwd()
const { stepsOf, holds } = (await import(pathToFileURL(join(root, 'test/interop/quickstart/page.mjs')).href)) as {
  stepsOf(page: string): readonly Step[]
  holds(output: string, lines: readonly string[]): boolean
}
const steps = stepsOf(readFileSync(join(root, 'docs/quickstart.md'), 'utf8'))
const bins = Object.keys((JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { bin: object }).bin)

test('every command of the quickstart is there, and every program was shown before it is run', () => {
  const shown = new Set<string>()
  const run = new Set<string>()
  for (const step of steps) {
    if (step.kind === 'file') {
      shown.add(step.name)
      continue
    }
    for (const line of step.text.split('\n')) {
      const [command = '', first = ''] = line.split(' ')
      if (command === 'node' || command === '.venv/bin/python') {
        assert.ok(shown.has(first), `${first} was not shown`)
        run.add(first)
        assert.ok(step.prints.length > 0, `what ${first} prints is not told`)
      } else assert.ok(['npm', 'python3', '.venv/bin/pip', ...bins].includes(command), line)
    }
  }
  assert.deepEqual(run, shown)
  assert.equal(steps.filter((step) => step.kind === 'command' && step.where === 'server').length, 1)
})

test('lines are looked for in their order, whatever stands between them', () => {
  assert.equal(holds('GROUP   TOPIC\nnoise\n a   b \n', ['GROUP TOPIC', 'a b']), true)
  assert.equal(holds('a b\nGROUP TOPIC\n', ['GROUP TOPIC', 'a b']), false)
  assert.throws(() => stepsOf('```text\nx\n```\n'), /nothing prints this/)
  assert.throws(() => stepsOf('```ts\nx\n```\n'), /neither a command nor a program/)
})
