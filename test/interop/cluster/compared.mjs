/** The same words to ours and to a real cluster: what Apache's tools print of both must be the same, but for ids, ports, times and offsets. */
import assert from 'node:assert/strict'
import { eventually } from '../lib/report.mjs'

const SHARED_MS = 40_000

export class Compared {
  #report
  #runner
  #clusters

  /** `clusters`: the one that is judged, and the one it is held against. */
  constructor({ report, runner, clusters }) {
    this.#report = report
    this.#runner = runner
    this.#clusters = clusters
  }

  /**
   * Runs `ask(side)` against both and compares what it gives, a text. `normal` takes out of it what may differ besides. Changes need a moment to be seen:
   * `again`, if given, is asked for a while until both say the same.
   */
  test(name, ask, { normal = (text) => text, again = null, timeoutMs = 180_000 } = {}) {
    return this.#report.test(
      name,
      async () => {
        await this.#compare(ask, normal)
        if (again) await eventually(() => this.#compare(again, normal), SHARED_MS)
      },
      { timeoutMs },
    )
  }

  /** As `test`, for what is still on its way: asks both for a while until they say the same. */
  settles(name, ask) {
    return this.#report.test(name, () => eventually(() => this.#compare(ask, (text) => text), SHARED_MS))
  }

  /** Runs `act(side)` on both, one after the other. */
  async each(act) {
    for (const cluster of this.#clusters) await act(new Side(cluster, this.#runner))
  }

  async #compare(ask, normal) {
    const said = []
    for (const cluster of this.#clusters) {
      const side = new Side(cluster, this.#runner)
      said.push(normal(side.normal(await ask(side))))
    }
    const [ours, real] = said
    assert.equal(ours, real)
  }
}

/** One cluster and the tools that ask it. */
export class Side {
  constructor(cluster, runner) {
    this.cluster = cluster
    this.runner = runner
  }

  /** What the tool prints, errors too; its exit code where that is not 0. */
  async said(tool, ...args) {
    const { code, stdout, stderr } = await this.runner.run(tool, ['--bootstrap-server', this.cluster.bootstrap, ...args])
    return `${code === 0 ? '' : `exit ${code}\n`}${stdout}${errorsOf(stderr)}`
  }

  /** As `said`; throws where the tool fails. */
  async must(tool, ...args) {
    return this.runner.must(tool, ['--bootstrap-server', this.cluster.bootstrap, ...args])
  }

  /** Without what differs from cluster to cluster: addresses, directories, ids. */
  normal(text) {
    let plain = text.replaceAll('\r', '')
    for (const [at, { id, address, dataDir }] of this.cluster.nodes.entries())
      plain = plain
        .replaceAll(address, `BROKER-${id}`)
        .replaceAll(this.cluster.controllers[at], `CONTROLLER-${id}`)
        .replaceAll(dataDir, `DIR-${id}`)
        .replaceAll(`:${address.split(':')[1]}`, `:BROKER-${id}`)
    return plain
      .replaceAll(/(Topic ?Id|Cluster ?I[dD]): *[\w-]{22}/g, '$1: ID')
      .replaceAll(/[ \t]+/g, ' ')
      .replaceAll(/ +$/gm, '')
      .trim()
  }
}

/** Errors without the time, and without where in Java they were made. */
function errorsOf(stderr) {
  const lines = stderr.split('\n').filter((line) => line !== '' && !/^\s+at |^\s*\.\.\. \d+ more/.test(line))
  return lines.map((line) => `${line.replaceAll(/\[\d{4}-\d\d-\d\d [\d:,]+\] ?/g, '')}\n`).join('')
}
