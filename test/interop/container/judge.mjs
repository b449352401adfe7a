/** The container image without an engine: built by its Dockerfile's own steps, run by its entry point, with the variables of the compose files. */
import assert from 'node:assert/strict'
import { chmodSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { has, projectDir } from '../lib/brokers.mjs'
import { node24, versions, zookeeperLibs } from '../lib/cache.mjs'
import { run } from '../lib/processes.mjs'
import { Skip } from '../lib/report.mjs'
import { buildImage } from './image.mjs'
import { judgeProcess } from './process.mjs'
import { judgeOne, judgeThree, judgeZooKeeper } from './stacks.mjs'

export const judge = {
  name: 'container',
  about: `the container image on Node ${versions.node24}: its Dockerfile's steps, entry point and health check, with the variables of deploy/compose*.yaml`,
  needs: ['npm', 'bash', 'java', 'mvn'],
  startsBrokers: true,
  minutes: 15,

  async install() {
    return { node: await node24(), zookeeper: await zookeeperLibs(versions.zookeeper.at(-1)) }
  },

  async run({ report, tools: { node, zookeeper }, workDir, kind }) {
    if (kind === 'apache') return report.record('the image', 'skipped', 'it is ours')
    chmodSync(workDir, 0o755) // its user looks into it
    await judgeLint(report)
    let image = null
    await report.test(
      'the steps of the Dockerfile pack the sources and install the package',
      async () => {
        image = await buildImage({ root: join(workDir, 'image'), node })
      },
      { timeoutMs: 400_000 },
    )
    if (!image) return
    await report.test('it runs as a user to whom nothing but its data belongs', async () => {
      assert.equal(image.user, '1000:1000')
      if (!(await image.becomeUser())) throw new Skip('this machine does not let us be another user')
    })
    await report.test("every command is on the path, and in /opt/kafka/bin under Apache's name", () => hasCommands(image))
    const client = image.at('/opt/odradek/lib/node_modules/odradek/dist/client/index.js')
    const world = { report, image, workDir, kafka: await import(pathToFileURL(client).href) }
    await judgeProcess(world)
    await judgeOne(world)
    await judgeThree(world)
    await judgeZooKeeper(world, zookeeper)
  },
}

/** Other people's opinion of the files, where their programs are. */
async function judgeLint(report) {
  const scripts = ['entrypoint', 'healthcheck', 'settings', 'create-topics'].map((name) => `deploy/docker-${name}.sh`)
  const linters = {
    shellcheck: ['--shell=bash', '--external-sources', '--source-path=.', ...scripts],
    hadolint: ['deploy/Dockerfile'],
  }
  for (const [linter, words] of Object.entries(linters)) {
    await report.test(`${linter} finds nothing`, async () => {
      if (!(await has(linter))) throw new Skip(`there is no ${linter}`)
      const { code, stdout, stderr } = await run(linter, words, { cwd: projectDir })
      assert.equal(code, 0, stdout + stderr)
    })
  }
}

async function hasCommands(image) {
  const { bin, version } = JSON.parse(readFileSync(join(projectDir, 'package.json'), 'utf8'))
  for (const name of Object.keys(bin)) {
    assert.ok(image.commands.includes(name), name)
    if (name !== 'odradek') assert.ok(existsSync(image.at(`/opt/kafka/bin/${name}.sh`)), name)
  }
  assert.equal((await image.run({}, ['odradek', '--version'])).stdout, `${version}\n`)
  const { code, stdout, stderr } = await image.run({}, ['/opt/kafka/bin/kafka-topics.sh', '--version'])
  assert.equal(code, 0, stderr)
  assert.match(stdout, /^4\.\d/)
}
