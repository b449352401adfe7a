#!/usr/bin/env node
/**
 * Records the corpus once more on Apache Kafka, this time with everything that goes over the wire, and packs it for `npm test`, which
 * replays it on a broker in simulation (test/wire/golden-replay.test.ts):
 *   node test/interop/golden/record.mjs ../shared/kafka/golden
 * Kept are the groups about APIs that are served. What Apache answers now must be what the corpus says, by facts; otherwise nothing is written.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import { startBroker } from '../lib/brokers.mjs'
import { destroyAll } from '../lib/processes.mjs'
import { sameAnswer } from './same-answer.mjs'
import { isMust, laterGroups } from './served.mjs'
import { assumedDir, overrides } from './settings.mjs'

/** Answers that tell of the node's format, or of what the groups that are left out leave behind. */
const mayDiffer = ['apiversions/v3', 'apiversions/v4', 'configs/list-resources-v1-groups', 'admin/quorum-v2']

const golden = resolve(process.argv[2] ?? '../shared/kafka/golden')
const corpus = JSON.parse(readFileSync(join(golden, 'apache-kafka-4.2.0.json'), 'utf8')).cases
const groups = [...new Set(corpus.map(({ id }) => id.split('/')[0]))].filter((group) => !laterGroups.has(group))
const { Conn, Ctx } = await import(pathToFileURL(join(golden, 'engine.mjs')).href)

/** What happens, in order; see test/wire/golden-tape.ts for what the words mean. */
const tape = []
const indexOf = new WeakMap()
const startedAt = Date.now()
let context

listen()
const dir = mkdtempSync(join(tmpdir(), 'odradek-record-'))
const broker = await startBroker({ kind: 'apache', dir, overrides: { ...overrides, 'log.dirs': assumedDir } })
const exit = process.exit
process.exit = () => void finish()
process.argv.splice(2, Infinity, '--bootstrap', broker.bootstrap, '--only', groups.join(','), '--out', '/dev/null')
await import(pathToFileURL(join(golden, 'capture.mjs')).href)

/** Puts itself between the corpus and its connections. */
function listen() {
  let connections = 0
  const wrap = (type, name, around) => {
    const original = type.prototype[name]
    type.prototype[name] = function (...args) {
      return around.call(this, (...given) => original.apply(this, given), ...args)
    }
  }
  wrap(Conn, 'open', async function (open) {
    this.number = connections++
    note('open', this.number)
    return open()
  })
  wrap(Conn, 'write', function (write, bytes) {
    if (!this.closed) note('send', this.number, Buffer.from(bytes).toString('base64'), Date.now() - startedAt)
    return write(bytes)
  })
  for (const name of ['end', 'destroy']) {
    wrap(Conn, name, function (act) {
      note(name, this.number)
      return act()
    })
  }
  wrap(Conn, 'recv', async function (recv, timeoutMs = 6000) {
    const result = await recv(timeoutMs)
    const told = result.frame ? result.frame.toString('base64') : result.closed ? 'closed' : 'nothing'
    const index = note('got', this.number, told, timeoutMs)
    indexOf.set(result.frame ?? result, index)
    return result
  })
  wrap(Ctx, 'finish', (act, id, api, version, request, result, options) => {
    const answer = act(id, api, version, request, result, options)
    note('call', answer.id, indexOf.get(result.frame ?? result), masksOf(options))
    return answer
  })
  wrap(Ctx, 'raw', async function (act, id, chunks, options = {}) {
    context = this
    const from = tape.length
    const answer = await act(id, chunks, options)
    const connection = options.conn?.number ?? tape.slice(from).find(([word]) => word === 'open')[1]
    const all = tape.flatMap(([word, number], index) => (word === 'got' && number === connection && index >= from ? [index] : []))
    note('raw', answer.id, connection, all.slice(0, options.responses ?? 1), { ...masksOf(options), decode: options.decode })
    return answer
  })
  wrap(Ctx, 'rec', function (act, answer) {
    context = this
    return act(answer)
  })
}

function note(...entry) {
  return tape.push(entry) - 1
}

function masksOf({ drop, vol, keep, decodeVersion }) {
  return { drop, vol, keep, version: decodeVersion }
}

async function finish() {
  await broker.stop()
  rmSync(assumedDir, { recursive: true, force: true })
  rmSync(dir, { recursive: true, force: true })
  destroyAll()
  const found = new Map(context.cases.map((one) => [one.id, one]))
  const wanted = corpus.filter((one) => groups.includes(one.id.split('/')[0]))
  const mustBeSame = wanted.filter(({ id, unstable }) => !unstable && !mayDiffer.includes(id))
  const different = mustBeSame.filter((one) => !sameAnswer(one, found.get(one.id)))
  if (different.length > 0) {
    console.error(`Not written, this Apache Kafka answers otherwise: ${different.map(({ id }) => id).join(' ')}`)
    exit(1)
  }
  const cases = wanted
    .filter((one) => isMust(one) && !one.unstable && one.outcome !== 'derived')
    .map(({ id, vary }) => ({ ...found.get(id), vary }))
    .map(({ id, api, version, outcome, closed, facts, vary }) => ({ id, api, version, outcome, closed, facts, vary }))
  const text = JSON.stringify({ startedAt, tape, cases })
  const packed = gzipSync(text, { level: 9 })
  writeFileSync(new URL('../../data/golden-tape.json.gz', import.meta.url), packed)
  console.log(`${cases.length} cases, ${tape.length} entries, ${text.length} bytes, ${packed.length} packed`)
  exit(0)
}
