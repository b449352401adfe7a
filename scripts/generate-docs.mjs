// npm run docs: writes docs/compatibility.md, docs/reference and src/config/without-effect.ts out of the tables, the sources, a started broker
// and the recorded answers of Apache Kafka.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { apiVersions, Connection } from '../test/interop/lib/wire.mjs'
import { build } from './build.mjs'
import { filesBelow, relativeTo, run } from './compile.mjs'
import { fail, root, setUp } from './setup.mjs'

const LIST = 'src/config/without-effect.ts'
/** The page makers are no part of the package. */
const TOOLS = 'build/docs'

setUp()
if (!(await build())) fail('The sources do not compile (see above).')
const { bundle } = await import('./bundle.mjs')
await bundle({ reference: 'src/cli/reference/index.ts' }, {}, TOOLS)
const { referencePages, withoutEffect, withoutEffectSource } = await import(`../${TOOLS}/reference.js`)

const src = join(root, 'src')
const sources = new Map(
  filesBelow(src)
    .filter((path) => path.endsWith('.ts'))
    .map((path) => [relativeTo(src, path), readFileSync(path, 'utf8')]),
)
const idle = withoutEffect(sources)
const pages = referencePages({ idle, told: await toldByBroker(), recorded: recordedAnswers() })
for (const [path, text] of [...pages, [LIST, withoutEffectSource(idle)]]) {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
  console.log(path)
}
process.exitCode = await run([
  join(root, 'node_modules/@biomejs/biome/bin/biome'),
  'format',
  '--write',
  '--diagnostic-level=error',
  LIST,
])

async function toldByBroker() {
  const { startBroker } = await import('../dist/index.js')
  const broker = await startBroker({ inMemory: true })
  try {
    const connection = await Connection.open(broker.bootstrapServers)
    const { ranges } = await apiVersions(connection)
    connection.close()
    return ranges.map(({ key, min, max }) => ({ apiKey: key, minVersion: min, maxVersion: max }))
  } finally {
    await broker.close()
  }
}

function recordedAnswers() {
  const rows = JSON.parse(gunzipSync(readFileSync(join(root, 'test/data/golden-wire.json.gz'))).toString())
  return rows.map(([id, apiKey, version, , response]) => ({ id, apiKey, version, response: Buffer.from(response, 'hex') }))
}
