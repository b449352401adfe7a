/** The packed tarball, installed in an empty folder, on the oldest Node we serve and on Node 24. */
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { freePort, projectDir } from '../lib/brokers.mjs'
import { node24, versions } from '../lib/cache.mjs'
import { must, run, start } from '../lib/processes.mjs'
import { apiVersions, Connection } from '../lib/wire.mjs'

export const judge = {
  name: 'pack',
  about: `npm pack, installed on Node ${process.versions.node} and ${versions.node24}: npx odradek start, import and require of every subpath`,
  needs: ['npm'],
  startsBrokers: true,
  minutes: 6,

  async run({ report, workDir }) {
    await must('npm', ['pack', '--pack-destination', workDir], { cwd: projectDir, timeoutMs: 180_000 })
    const tarball = join(
      workDir,
      readdirSync(workDir).find((name) => name.endsWith('.tgz')),
    )
    const subpaths = Object.keys(JSON.parse(readFileSync(join(projectDir, 'package.json'), 'utf8')).exports)
    for (const node of [process.execPath, await node24()]) await judgeOn(node, { report, workDir, tarball, subpaths })
  },
}

async function judgeOn(node, { report, workDir, tarball, subpaths }) {
  const version = (await must(node, ['--version'])).stdout.trim()
  const dir = mkdtempSync(join(workDir, 'installed-'))
  // The chosen Node comes first on the path, so that npm and npx run on it, too.
  const bin = join(dir, 'node-first')
  mkdirSync(bin)
  writeFileSync(join(bin, 'node'), `#!/bin/sh\nexec ${node} "$@"\n`, { mode: 0o755 })
  const env = { ...process.env, PATH: `${bin}:${dirname(node)}:${process.env.PATH}` }
  const app = join(dir, 'app')
  mkdirSync(app)

  await report.test(
    `${version}: installs from the tarball`,
    async () => {
      writeFileSync(join(app, 'package.json'), JSON.stringify({ name: 'app', private: true }))
      await must('npm', ['install', '--no-audit', '--no-fund', tarball], { cwd: app, env, timeoutMs: 180_000 })
    },
    { timeoutMs: 200_000 },
  )

  for (const subpath of subpaths) {
    const specifier = join('odradek', subpath)
    await report.test(`${version}: import and require of ${specifier}`, async () => {
      const json = subpath.endsWith('.json')
      const imported = `const all = await import('${specifier}'${json ? ", { with: { type: 'json' } }" : ''}); if (Object.keys(all).length === 0) throw new Error('it exports nothing')`
      await must(node, ['--input-type=module', '-e', imported], { cwd: app, env })
      await must(node, ['-e', `if (Object.keys(require('${specifier}')).length === 0) throw new Error('it exports nothing')`], {
        cwd: app,
        env,
      })
    })
  }

  await report.test(`${version}: npx odradek --help tells of start`, async () => {
    const { code, stdout, stderr } = await run('npx', ['--no-install', 'odradek', '--help'], { cwd: app, env })
    assert.equal(code, 0, stderr)
    assert.match(stdout, /start/)
  })

  await report.test(`${version}: npx odradek start serves, and stops when told`, async () => {
    const port = await freePort()
    const overrides = [`listeners=PLAINTEXT://127.0.0.1:${port}`, `log.dirs=${join(app, 'data')}`].flatMap((each) => [
      '--override',
      each,
    ])
    const broker = start('npx', ['--no-install', 'odradek', 'start', ...overrides], { cwd: app, env })
    try {
      const { ranges } = await untilAnswered(broker, port)
      assert.ok(ranges.length > 20, `${ranges.length} APIs`)
      broker.killGroup('SIGINT') // Ctrl-C reaches npx and the broker alike
      const end = await Promise.race([broker.ended, new Promise((resume) => setTimeout(resume, 10_000))])
      assert.ok(end !== undefined, 'it did not stop within 10 s')
      assert.match(broker.output, /stopped/)
    } finally {
      broker.destroy()
      await broker.ended
    }
  })
}

async function untilAnswered(broker, port) {
  const deadline = performance.now() + 30_000
  for (;;) {
    try {
      const connection = await Connection.open(`127.0.0.1:${port}`)
      const answer = await apiVersions(connection)
      connection.close()
      return answer
    } catch (error) {
      if (broker.exited || performance.now() > deadline) throw new Error(`${error.message}: ${broker.output.slice(-500)}`)
      await new Promise((resume) => setTimeout(resume, 50))
    }
  }
}
