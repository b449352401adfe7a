/** A real Prometheus on the rules of deploy/, made quick: one second instead of fifteen, and minutes of patience become two seconds. */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, projectDir, tail } from '../lib/brokers.mjs'
import { must, start } from '../lib/processes.mjs'

export const rulesFile = join(projectDir, 'deploy/prometheus/rules.yml')
export const dashboardFile = join(projectDir, 'deploy/grafana/odradek.json')

/** What `[5m]` and the like become: ten scrapes. */
export const WINDOW = '10s'

/** The rules with shorter times; nothing else of them changes. */
export function quickRules(text) {
  const quick = text.replace(/^(\s+for: )\d+[smh]$/gm, '$12s').replace(/\[\d+m\]/g, `[${WINDOW}]`)
  assert.notEqual(quick, text)
  return quick
}

/** `targets`: host:port of each node. */
export async function startPrometheus({ dir, targets }) {
  const port = await freePort()
  writeFileSync(join(dir, 'rules.yml'), quickRules(readFileSync(rulesFile, 'utf8')))
  writeFileSync(
    join(dir, 'prometheus.yml'),
    `global: { scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s }
rule_files: [rules.yml]
scrape_configs: [{ job_name: odradek, static_configs: [{ targets: ${JSON.stringify(targets)} }] }]
`,
  )
  await must('promtool', ['check', 'config', join(dir, 'prometheus.yml')])
  const address = `127.0.0.1:${port}`
  const child = start('prometheus', [
    `--config.file=${join(dir, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(dir, 'tsdb')}`,
    `--web.listen-address=${address}`,
    '--query.lookback-delta=4s',
  ])
  const prometheus = new Prometheus(child, `http://${address}/api/v1`)
  await prometheus.until(
    'Prometheus has scraped every target',
    async () => (await prometheus.query('up == 1')).length === targets.length,
  )
  return prometheus
}

class Prometheus {
  constructor(child, api) {
    this.child = child
    this.api = api
  }

  async #ask(path) {
    const answer = await fetch(`${this.api}/${path}`)
    const { status, data, error } = await answer.json()
    if (status !== 'success') throw new Error(`${decodeURIComponent(path)}: ${error}`)
    return data
  }

  /** The vector that an expression has now: [{ metric, value }]. A scalar is one without labels. */
  async query(expression) {
    const { resultType, result } = await this.#ask(`query?query=${encodeURIComponent(expression)}`)
    if (resultType === 'scalar') return [{ metric: {}, value: Number(result[1]) }]
    return result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }))
  }

  /** Names of all metrics that it has seen. */
  names() {
    return this.#ask('label/__name__/values')
  }

  /** The alerting rules it runs, with their state. */
  async rules() {
    const { groups } = await this.#ask('rules?type=alert')
    return groups.flatMap(({ rules }) => rules)
  }

  async firing(alert) {
    const { alerts } = await this.#ask('alerts')
    return alerts.filter(({ state, labels }) => state === 'firing' && labels.alertname === alert)
  }

  /** Brings about what an alert is for, sees it fire, puts that right and sees it resolve. */
  async firesAndResolves(alert, { cause, cure, labels = {} }) {
    assert.deepEqual(await this.firing(alert), [], `${alert} fires before there is a reason`)
    await cause()
    await this.until(`${alert} fires`, async () => (await this.firing(alert)).length > 0)
    const [{ labels: told, annotations }] = await this.firing(alert)
    for (const [name, value] of Object.entries(labels)) assert.equal(told[name], value, `${alert}: ${name}`)
    assert.doesNotMatch(`${annotations.summary} ${annotations.description}`, /<no value>|<error/, 'its text has all it names')
    await cure()
    await this.until(`${alert} resolves`, async () => (await this.firing(alert)).length === 0)
  }

  async until(what, holds, timeoutMs = 45_000) {
    const deadline = performance.now() + timeoutMs
    let why = ''
    while (performance.now() < deadline) {
      if (this.child.exited) throw new Error(`Prometheus ended: ${tail(this.child.output)}`)
      try {
        if (await holds()) return
      } catch (error) {
        why = `; ${error.message}` // not up yet
      }
      await new Promise((resume) => setTimeout(resume, 200))
    }
    throw new Error(`not within ${timeoutMs} ms: ${what}${why}`)
  }

  async stop() {
    this.child.kill('SIGTERM')
    await this.child.ended
  }
}
