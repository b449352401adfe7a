#!/usr/bin/env node
// Packs recorded conversations with Apache Kafka into test/data/golden-wire.json.gz:
//   node test/wire/pack-golden.mjs ../shared/kafka/golden/apache-kafka-4.2.0.json ../shared/kafka/golden/apache-kafka-4.2.0-secure.json
// Kept are the bytes alone: [id, API key, version, request, response], both without their length; null for a request that was recorded in part.

import { readFileSync, writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const cases = process.argv.slice(2).flatMap((path) => JSON.parse(readFileSync(path, 'utf8')).cases)
const answered = cases.filter((one) => one.response && !one.rawFrame && one.key !== undefined)
const rows = answered.map(({ id, key, version, responseVersion, request, requestBytes, response }) => [
  id,
  key,
  responseVersion ?? version,
  requestBytes ? null : request.slice(8),
  response,
])
const lines = rows.map((row) => JSON.stringify(row)).join(',\n')
writeFileSync(new URL('../data/golden-wire.json.gz', import.meta.url), gzipSync(`[\n${lines}\n]\n`, { level: 9 }))
console.log(`${rows.length} conversations`)
