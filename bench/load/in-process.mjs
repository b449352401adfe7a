/** How long `startBroker({ inMemory: true })` takes inside a process that has imported it: each start in turn, then closed. { entry, starts } */
import { pathToFileURL } from 'node:url'

const { entry, starts } = JSON.parse(process.argv[2])
const importedFrom = performance.now()
const { startBroker } = await import(pathToFileURL(entry).href)
const importMs = performance.now() - importedFrom
const took = []
for (let i = 0; i < starts; i++) {
  const from = performance.now()
  const broker = await startBroker({ inMemory: true })
  took.push(performance.now() - from)
  await broker.close()
}
const sorted = took.toSorted((a, b) => a - b)
console.log(
  JSON.stringify({ importMs, firstMs: took[0], medianMs: sorted[Math.floor(sorted.length / 2)], slowestMs: sorted.at(-1) }),
)
