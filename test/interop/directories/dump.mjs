/** Apache's dump tool on every kind of file that an owner left: what it says must be what was done. */
import assert from 'node:assert/strict'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

const BATCH = /^baseOffset: (\d+) lastOffset: (\d+) count: (\d+) .*producerId: (-?\d+) producerEpoch: (-?\d+) .*isvalid: (\w+)/
const BAD =
  /isvalid: false|Found timestamp mismatch|Mismatches in|not found in the log|Found out of order|not an offset index|Could not decode|corrupt/i

const TOPICS = ['moves', 'compacted', 'empty', 'trimmed', 'load']
const topicRecord = (name) => new RegExp(`"type":"TOPIC_RECORD".*"name":"${name}"`)

/** Judges the directory of a broker that is down; `load` knows what its producers wrote. */
export class Dump {
  constructor({ report, runner, dataDir, label, load }) {
    Object.assign(this, { report, runner, dataDir, label, load })
  }

  async judge({ wasClean, aborted }) {
    await this.#test('segments: every batch of the load once, in order', () => this.#loadSegments())
    await this.#test('segments: records of all codecs', () => this.#codecs())
    await this.#test('segments: what compaction left', () => this.#compacted())
    await this.#test('offset and time indexes, with their entries looked up in the log', () => this.#indexes(wasClean))
    await this.#test('producer snapshots', () => this.#read(this.#files(/\.snapshot$/)))
    if (wasClean) await this.#test('the last producer snapshots: ids and sequences', () => this.#producers())
    await this.#test('__consumer_offsets with its decoder: groups and their offsets', () => this.#offsets())
    await this.#test('__cluster_metadata with its decoder: topics, configs, brokers', () => this.#metadata())
    await this.#test('metadata snapshots with their decoder', () => this.#checkpoints())
    await this.#test('transaction indexes: what was aborted', async () => {
      assert.deepEqual(await this.abortedTransactions(), aborted)
    })
  }

  #test(name, body) {
    return this.report.test(`kafka-dump-log, ${this.label}: ${name}`, body, { timeoutMs: 120_000 })
  }

  #files(pattern) {
    const names = readdirSync(this.dataDir, { recursive: true }).filter((name) => pattern.test(name))
    return names.sort().map((name) => join(this.dataDir, name))
  }

  async #read(files, ...options) {
    assert.ok(files.length > 0, 'there is no such file')
    const output = await this.runner.must('kafka-dump-log', ['--files', files.join(','), ...options], { timeoutMs: 120_000 })
    assert.doesNotMatch(output, BAD)
    return output
  }

  async #loadSegments() {
    for (const [partition, { producerId, batches, records }] of this.load.expected.entries()) {
      const files = this.#files(new RegExp(`^load-${partition}/.*\\.log$`))
      const output = await this.#read(files, '--deep-iteration', '--skip-record-metadata')
      const found = output.split('\n').flatMap((line) => (BATCH.test(line) ? [BATCH.exec(line)] : []))
      assert.ok(found.length >= batches.acknowledged && found.length <= batches.sent, `${found.length} batches`)
      for (const [index, [line, base, last, count, id, epoch]] of found.entries()) {
        assert.deepEqual(
          [base, last, count, id, epoch].map(Number),
          [index * records, (index + 1) * records - 1, records, producerId, 0],
          line,
        )
        assert.match(line, new RegExp(`baseSequence: ${index * records} `))
      }
    }
  }

  async #codecs() {
    const output = await this.#read(this.#files(/^(?!__|load-|compacted-).*\.log$/), '--print-data-log', '--deep-iteration')
    for (const codec of ['gzip', 'snappy', 'lz4', 'zstd']) {
      assert.match(output, new RegExp(`compresscodec: ${codec} `))
      for (let i = 0; i < 50; i++) assert.match(output, new RegExp(`key: ${codec}-${i} payload: ${codec} ${i}$`, 'm'))
    }
    assert.match(output, /compresscodec: none .*\n.*key: plain-\d+ payload: plain/)
  }

  async #compacted() {
    const output = await this.#read(this.#files(/^compacted-0\/.*\.log$/), '--print-data-log', '--deep-iteration')
    const offsets = [...output.matchAll(/^\| offset: (\d+) .*key: kept-/gm)].map(([, offset]) => Number(offset))
    assert.deepEqual(
      offsets,
      offsets.toSorted((a, b) => a - b),
    )
    assert.ok(offsets.length >= 20 && offsets.length < offsets.at(-1) + 1, `${offsets.length} records up to ${offsets.at(-1)}`)
    assert.equal(new Set([...output.matchAll(/key: (kept-\d+) /g)].map(([, key]) => key)).size, 20)
  }

  async #indexes(isComplete) {
    const files = this.#indexFiles(/^(load|moves|compacted|__consumer_offsets|__cluster_metadata)-\d+\/.*\.(index|timeindex)$/)
    const output = await this.#read(files)
    for (const entry of isComplete ? [/^offset: \d+ position: \d+$/gm, /^timestamp: \d+ offset: \d+$/gm] : []) {
      assert.ok([...output.matchAll(entry)].length > this.load.expected.length, `entries like ${entry}`)
    }
    await this.#read(files, '--verify-index-only')
    const sane = await this.#read(files, '--index-sanity-check')
    const said = [...sane.matchAll(/passed sanity check|\.index is empty/g)].length
    assert.equal(said, files.length, `${said} of ${files.length} indexes passed the sanity check`)
  }

  /** Those that ours wrote: Apache's files of the active segment have 10 MB after a kill, and stay until ours closes that segment. */
  #indexFiles(pattern) {
    return this.#files(pattern).filter((file) => statSync(file).size < 10_000_000)
  }

  async #producers() {
    for (const [partition, { producerId, batches, records }] of this.load.expected.entries()) {
      const output = await this.#read(this.#files(new RegExp(`^load-${partition}/.*\\.snapshot$`)).slice(-1))
      const one = new RegExp(`^producerId: ${producerId} producerEpoch: 0 .*lastSequence: (\\d+) .*lastOffset: (\\d+)`, 'm').exec(
        output,
      )
      assert.ok(one, output)
      assert.deepEqual([Number(one[1]), Number(one[2])], [batches.sent * records - 1, batches.sent * records - 1])
    }
  }

  async #offsets() {
    const output = await this.#read(this.#files(/^__consumer_offsets-\d+\/.*\.log$/), '--offsets-decoder')
    assert.match(output, /"group":"moves-group","topic":"moves","partition":\d/)
    assert.match(output, /"group":"load-group","topic":"load","partition":0/)
    assert.match(output, /"protocolType":"consumer"/)
  }

  async #metadata() {
    const files = this.#files(/^__cluster_metadata-0\/.*\.log$/)
    const output = await this.#read(files, '--cluster-metadata-decoder', '--deep-iteration')
    for (const name of [...TOPICS, 'gone']) assert.match(output, topicRecord(name))
    assert.match(output, /"type":"REMOVE_TOPIC_RECORD"/)
    assert.match(output, /"type":"CONFIG_RECORD".*"resourceName":"moves-group".*"consumer.session.timeout.ms"/)
    assert.match(output, /"type":"REGISTER_BROKER_RECORD"/)
    assert.match(output, /LeaderChange/)
  }

  async #checkpoints() {
    for (const file of this.#files(/^(__cluster_metadata-0\/.*|bootstrap)\.checkpoint$/)) {
      const output = await this.#read([file], '--cluster-metadata-decoder', '--deep-iteration')
      assert.match(output, /SnapshotHeader/, file)
      assert.match(output, /SnapshotFooter/, file)
    }
    const newest = this.#files(/^__cluster_metadata-0\/.*\.checkpoint$/).at(-1)
    assert.match(await this.#read([newest], '--cluster-metadata-decoder'), topicRecord('moves'), newest)
  }

  /** The entries of all transaction indexes: none where no transaction was aborted. */
  async abortedTransactions() {
    const files = this.#files(/\.txnindex$/)
    const output = files.length > 0 ? await this.#read(files) : ''
    return output.split('\n').filter((line) => line.startsWith('version: '))
  }
}
