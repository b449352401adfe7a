/** KafkaJS: the example of its README as it stands in the package, and the usual admin, producer, consumer program. */
import assert from 'node:assert/strict'
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { npmPackages, versions } from '../lib/cache.mjs'
import { run, start } from '../lib/processes.mjs'

export const judge = {
  name: 'kafkajs',
  about: `kafkajs ${versions.kafkajs}: its README, and admin, producer and consumer in a group`,
  needs: ['npm'],
  minutes: 4,

  install: () => npmPackages('kafkajs', [`kafkajs@${versions.kafkajs}`]),

  async run({ bootstrap, report, tools: dir }) {
    const scripts = ['admin.mjs', 'end-to-end.mjs']
    for (const script of scripts) copyFileSync(join(import.meta.dirname, script), join(dir, script))

    await report.test('admin example', async () => {
      const { code, stdout, stderr } = await run(process.execPath, ['admin.mjs', bootstrap], { cwd: dir, timeoutMs: 30_000 })
      assert.equal(code, 0, stderr)
      assert.match(stdout, /created true/)
      assert.match(stdout, /listed true/)
      assert.match(stdout, /partitions 3/)
    })

    await report.test('README example, unchanged but for the address', async () => {
      writeFileSync(join(dir, 'readme.cjs'), readmeExample(dir, bootstrap))
      const example = start(process.execPath, ['readme.cjs'], { cwd: dir }) // it consumes until it is told to stop
      try {
        await until(
          () => /value: 'Hello KafkaJS user!'/.test(example.output),
          40_000,
          () => example.output,
        )
        assert.match(example.output, /offset: '0'/)
      } finally {
        example.destroy()
        await example.ended
      }
    })

    const result = await run(process.execPath, ['end-to-end.mjs', bootstrap], { cwd: dir, timeoutMs: 150_000 })
    report.takeLines(result.stdout)
    report.record('end-to-end program ends well', result.code === 0 ? 'passed' : 'failed', result.stderr)
  },
}

/** The program under "Usage" in the README of the installed package, with our address for its own. */
function readmeExample(dir, bootstrap) {
  const readme = readFileSync(join(dir, 'node_modules/kafkajs/README.md'), 'utf8')
  const [, program] = /```javascript\n(const \{ Kafka \}[\s\S]*?)```/.exec(readme)
  const addressed = program.replace(/brokers: \[.*\]/, `brokers: ['${bootstrap}']`)
  assert.notEqual(addressed, program, 'the README names its brokers in another way now')
  return addressed
}

async function until(condition, timeoutMs, describe) {
  const deadline = performance.now() + timeoutMs
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`not within ${timeoutMs / 1000} s: ${describe().slice(-500)}`)
    await new Promise((resume) => setTimeout(resume, 50))
  }
}
