/** The page itself, by Prometheus' own checks, and the expressions that people build on it. */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectDir } from '../lib/brokers.mjs'
import { must, run } from '../lib/processes.mjs'
import { dashboardFile, rulesFile, WINDOW } from './prometheus.mjs'

/** Kafka's own labels, which its dashboards name, are no snake case; promtool says so of every family that has one. */
const kafkasLabels = /^kafka_\S+ label names should be written in 'snake_case' not 'camelCase'$/

/** What a cluster of one node that is well has nothing to tell of. */
const absentHere = ['odradek_metrics_left_out', 'kafka_controller_kafkacontroller_timesincelastheartbeatreceivedms']

export async function pages({ report, workDir, prometheus, urls }) {
  await report.test('promtool check metrics has nothing to say but of Kafka’s own labels', async () => {
    for (const url of urls) {
      const text = await (await fetch(`${url}/metrics`)).text()
      const file = join(workDir, 'page.txt')
      writeFileSync(file, text)
      const { code, stdout, stderr } = await run('sh', ['-c', `promtool check metrics < "${file}"`])
      const said = `${stdout}${stderr}`.split('\n').filter(Boolean)
      assert.deepEqual(
        said.filter((line) => !kafkasLabels.test(line)),
        [],
      )
      assert.ok(code === 0 || (code === 3 && said.length > 0), `it ended with ${code}`)
    }
  })

  await report.test('promtool check rules, and each rule fires and resolves on made-up series', async () => {
    await must('promtool', ['check', 'rules', rulesFile])
    await must('promtool', ['test', 'rules', join(projectDir, 'deploy/prometheus/rules.test.yml')])
    const { stdout } = await must('promtool', ['check', 'config', join(projectDir, 'deploy/prometheus/prometheus.yml')])
    assert.match(stdout, /SUCCESS/)
    const names = [...readFileSync(rulesFile, 'utf8').matchAll(/- alert: (\w+)/g)].map(([, name]) => name)
    const tests = readFileSync(join(projectDir, 'deploy/prometheus/rules.test.yml'), 'utf8')
    for (const name of names) assert.ok(tests.includes(`alertname="${name}"`), `${name} is not in rules.test.yml`)
  })

  await report.test('every metric of the reference page is there, but what needs more than one node', async () => {
    const page = readFileSync(join(projectDir, 'docs/reference/metrics.md'), 'utf8')
    const told = [...page.matchAll(/^\| `([a-z0-9_]+)` \| (\w+) \|/gm)].map(([, name, kind]) =>
      kind === 'histogram' ? `${name}_bucket` : name,
    )
    assert.ok(told.length > 80, `${told.length} metrics`)
    const known = new Set(await prometheus.names())
    assert.deepEqual(told.filter((name) => !known.has(name) && !absentHere.includes(name)).sort(), [])
  })

  await report.test('Prometheus runs every rule, and has data for all that their expressions name', async () => {
    const rules = await prometheus.rules()
    assert.ok(rules.length >= 10, `${rules.length} rules`)
    for (const { name, health, lastError, query } of rules) {
      assert.equal(health, 'ok', `${name}: ${lastError}`)
      for (const [metric] of query.matchAll(/\b(odradek|kafka)_[a-z0-9_]+/g)) {
        assert.ok((await prometheus.query(`count(${metric})`)).length > 0, `${name}: there is no ${metric}`)
      }
    }
  })

  await report.test('every expression of the dashboard gives data', async () => {
    const { panels } = JSON.parse(readFileSync(dashboardFile, 'utf8'))
    const expressions = panels.flatMap(({ targets = [], title }) => targets.map(({ expr }) => ({ title, expr })))
    assert.ok(expressions.length > 25, `${expressions.length} expressions`)
    for (const { title, expr } of expressions) {
      const asked = expr.replaceAll('$job', 'odradek').replaceAll('$instance', '.*').replaceAll('$__rate_interval', WINDOW)
      assert.doesNotMatch(asked, /\$/, `${title}: a variable is left in ${asked}`)
      const found = await prometheus.query(asked)
      assert.ok(found.length > 0, `${title}: no data for ${asked}`)
    }
  })
}
