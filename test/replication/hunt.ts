// Runs seeds of the simulation of three replicas: `node build/test/replication/hunt.js [bug|-] [seeds] [from] [seconds]`. With a bug's name it is
// planted, and has to be found; with `-` nothing may be.

import { register } from 'node:module'
import { placeOf } from '../sim/planting.ts'
import { replicationBugs } from './planted-bugs.ts'

const [name = '-', seeds = '20', from = '1', seconds = '20'] = process.argv.slice(2)
if (name !== '-') {
  const bug = replicationBugs.find((one) => one.name === name)
  if (!bug) throw new Error(`no bug is called ${name}; there are ${replicationBugs.map((one) => one.name).join(', ')}`)
  register(new URL('../sim/planting-hooks.js', import.meta.url), { data: placeOf(bug) })
}
const { ALL_TROUBLES, Simulation } = await import('./simulation.js')

let found = 0
const began = performance.now()
const sums: Record<string, number> = {}
for (let seed = Number(from); seed < Number(from) + Number(seeds); seed++) {
  const simulation = new Simulation({
    seed,
    seconds: Number(seconds),
    flushPolicy: 'fsync',
    troubleMs: 400,
    troubles: ALL_TROUBLES,
    isSwarm: true,
  })
  try {
    const summary = await simulation.run()
    for (const [what, count] of Object.entries(summary)) if (typeof count === 'number') sums[what] = (sums[what] ?? 0) + count
  } catch (thrown) {
    found++
    console.log(`seed ${seed}: ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}`)
    if (name !== '-') break
    console.log(simulation.world.trace.last.slice(-60).join('\n'))
  }
}
console.log(name, found === 0 ? 'nothing found' : `${found} found`, sums, `${((performance.now() - began) / 1000).toFixed(1)} s`)
process.exitCode = found > 0 === (name !== '-') ? 0 : 1
