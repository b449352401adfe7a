/** Opens connections, says hello on each, tells how long that took, and keeps them open until its input ends. { bootstrap, connections } */
import { apiVersions, Connection } from '../../test/interop/lib/wire.mjs'

const { bootstrap, connections } = JSON.parse(process.argv[2])
const from = performance.now()
const open = []
while (open.length < connections) {
  const some = Array.from({ length: Math.min(50, connections - open.length) }, async () => {
    const connection = await Connection.open(bootstrap)
    await apiVersions(connection)
    return connection
  })
  open.push(...(await Promise.all(some)))
}
console.log(JSON.stringify({ openMs: performance.now() - from }))
process.stdin.resume().on('end', () => process.exit(0))
