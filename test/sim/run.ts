// npm run sim: seeds one after the other, and of one that fails everything that helps. --stop ends at the first of those.

import { type Outcome, produceCrashRestart } from './produce-crash-restart.ts'

const args = process.argv.slice(2)
const [first, count] = seedsOf(args)
const began = performance.now()
const cpuBegan = process.cpuUsage()
let failed = 0
let acknowledged = 0
let starts = 0
let events = 0
for (let seed = first; seed < first + count; seed++) {
  const outcome = await produceCrashRestart(seed)
  const isTwice = args.includes('--twice') || count === 1 || seed % 100 === 0
  const again = isTwice ? (await produceCrashRestart(seed)).world.trace.hash : outcome.world.trace.hash
  acknowledged += outcome.acknowledged
  starts += outcome.starts
  events += outcome.world.events.count
  if (outcome.failure) report(seed, outcome)
  if (again !== outcome.world.trace.hash) {
    failed++
    console.log(`seed ${seed}: two runs differ: ${outcome.world.trace.hash} and ${again}`)
  }
  if (count === 1)
    console.log(
      `seed ${seed}: hash ${outcome.world.trace.hash}, ${outcome.world.trace.count} lines; ${outcome.troubles.join(', ')}`,
    )
  if (failed > 0 && args.includes('--stop')) break
  if ((seed - first + 1) % 20 === 0) console.log(`${seed - first + 1} seeds, ${failed} failed, ${seconds()} s`)
}
const { user, system } = process.cpuUsage(cpuBegan)
console.log(
  `${count} seeds from ${first}: ${failed} failed; ${acknowledged} records acknowledged, ${starts} starts, ${events} events; ` +
    `${seconds()} s, ${((user + system) / 1e6 / count).toFixed(2)} s of CPU a seed.`,
)
process.exitCode = failed === 0 ? 0 : 1

function report(seed: number, { world, failure, troubles }: Outcome): void {
  failed++
  if (count === 1 || failed === 1) for (const line of world.trace.last) console.log(line)
  console.log(`seed ${seed} FAILED at ${world.events.now.toFixed(3)} ms of its time (${troubles.join(', ')}):\n${failure!.stack}`)
  if (failure!.cause) console.log(failure!.cause)
}

function seconds(): string {
  return ((performance.now() - began) / 1000).toFixed(1)
}

/** --seed N: that one; --seeds N [--from M]: N of them. */
function seedsOf(words: readonly string[]): [first: number, count: number] {
  const number = (name: string) => {
    const at = words.indexOf(name)
    return at < 0 ? null : Number(words[at + 1])
  }
  const one = number('--seed')
  return one !== null ? [one, 1] : [number('--from') ?? 1, number('--seeds') ?? 200]
}
