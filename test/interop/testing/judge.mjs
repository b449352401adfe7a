/** The examples of odradek/testing, with the packed package, in the test runners that most people have: Vitest and Jest; and with node:test on Node 24. */
import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectDir } from '../lib/brokers.mjs'
import { node24, npmPackages, versions } from '../lib/cache.mjs'
import { must, run } from '../lib/processes.mjs'

const examples = join(projectDir, 'examples/testing')

export const judge = {
  name: 'testing',
  about: `the examples of odradek/testing, packed, in Vitest ${versions.vitest}, Jest ${versions.jest}, and node:test of Node ${versions.node24}`,
  needs: ['npm'],
  startsBrokers: true,
  minutes: 5,

  install: () => npmPackages('testing', [`vitest@${versions.vitest}`, `jest@${versions.jest}`, `kafkajs@${versions.kafkajs}`]),

  async run({ report, workDir, tools }) {
    await must('npm', ['pack', '--pack-destination', workDir], { cwd: projectDir, timeoutMs: 180_000 })
    const tarball = join(
      workDir,
      readdirSync(workDir).find((name) => name.endsWith('.tgz')),
    )
    // Below the runners, so that programs find them.
    const app = mkdtempSync(join(tools, 'app-'))
    writeFileSync(join(app, 'package.json'), JSON.stringify({ name: 'app', private: true, type: 'module' }))
    await must('npm', ['install', '--no-audit', '--no-fund', tarball], { cwd: app, timeoutMs: 180_000 })
    for (const name of ['vitest', 'jest', 'node']) cpSync(join(examples, name), join(app, name), { recursive: true })

    await report.test(
      'Vitest',
      async () => {
        const cli = join(tools, 'node_modules/vitest/vitest.mjs')
        const { code, stdout, stderr } = await run(process.execPath, [cli, 'run', '--root', app, '--dir', join(app, 'vitest')], {
          cwd: app,
          env: { ...process.env, NO_COLOR: '1' },
          timeoutMs: 120_000,
        })
        assert.equal(code, 0, stdout + stderr)
        assert.match(stdout, new RegExp(`Tests +${testsIn('vitest')} passed`))
        assert.doesNotMatch(stdout + stderr, /hanging|did not exit|unhandled/i)
      },
      { timeoutMs: 130_000 },
    )

    await report.test(
      'Jest',
      async () => {
        const cli = join(tools, 'node_modules/jest/bin/jest.js')
        const config = { rootDir: join(app, 'jest'), testMatch: ['**/*.test.mjs'], testEnvironment: 'node', transform: {} }
        const args = [
          '--experimental-vm-modules',
          '--no-warnings',
          cli,
          '--config',
          JSON.stringify(config),
          '--detectOpenHandles',
        ]
        const { code, stdout, stderr } = await run(process.execPath, args, { cwd: app, timeoutMs: 120_000 })
        assert.equal(code, 0, stdout + stderr)
        assert.match(stderr, new RegExp(`Tests: +${testsIn('jest')} passed`))
        assert.doesNotMatch(stderr, /open handle|did not exit/i)
      },
      { timeoutMs: 130_000 },
    )

    await report.test(
      `node:test on Node ${versions.node24}, which reads TypeScript and await using by itself`,
      async () => {
        const files = readdirSync(join(app, 'node')).map((name) => join(app, 'node', name))
        const args = ['--test', '--test-reporter=tap', ...files]
        const { code, stdout, stderr } = await run(await node24(), args, { cwd: app, timeoutMs: 120_000 })
        assert.equal(code, 0, stdout + stderr)
        assert.match(stdout, new RegExp(`^# pass ${testsIn('node')}$`, 'm'))
      },
      { timeoutMs: 300_000 },
    )
  },
}

function testsIn(folder) {
  const texts = readdirSync(join(examples, folder)).map((name) => readFileSync(join(examples, folder, name), 'utf8'))
  return texts.reduce((sum, text) => sum + text.split('\ntest(').length - 1, 0)
}
