// What npm test prints: one line per file, every failure in full, the sum. A file that ran no test is a failure too: a test that
// was never called looks just like one that passed.

import { inspect } from 'node:util'

export default async function* report(events) {
  const files = new Map()
  const failures = []
  let skipped = 0
  for await (const { type, data } of events) {
    const file = data?.file === undefined ? undefined : fileOf(data.file)
    if (type === 'test:stdout' || type === 'test:stderr') yield data.message
    else if (type === 'test:pass' || type === 'test:fail') {
      const counts = (file && files.get(file)) ?? { tests: 0, failed: 0, ms: 0 }
      if (file) files.set(file, counts)
      const isFile = data.details?.type === 'suite' || data.name.endsWith('.test.js')
      if (data.nesting === 0) counts.ms += data.details?.duration_ms ?? 0
      if (data.skip !== undefined && data.skip !== false) {
        skipped += 1
        yield `  SKIPPED ${data.name}${typeof data.skip === 'string' ? `: ${data.skip}` : ''}\n`
      }
      if (!isFile) counts.tests += 1
      if (type === 'test:fail' && data.todo === undefined) {
        counts.failed += 1
        failures.push({ file, name: data.name, error: data.details?.error, nesting: data.nesting })
      }
    }
  }
  for (const [file, { tests, failed, ms }] of files) {
    yield `${failed > 0 ? 'FAILED ' : tests === 0 ? 'EMPTY  ' : 'ok     '}${file} ${tests} tests, ${ms.toFixed(0)} ms\n`
    if (tests === 0) process.exitCode = 1
  }
  for (const { file, name, error } of failures) yield `\nFAILED ${file}: ${name}\n${explain(error)}\n`
  const total = [...files.values()].reduce((sum, { tests }) => sum + tests, 0)
  yield `\n${total} tests, ${failures.length} failed, ${skipped} skipped.\n`
  if (total === 0) process.exitCode = 1
}

function fileOf(path) {
  return path.replace(/^.*\/build\//, '').replace(/\.js$/, '.ts')
}

function explain(error) {
  const cause = error?.cause ?? error
  return typeof cause === 'string' ? cause : inspect(cause, { depth: 6 })
}
