/** Where the CPU time of a run went, inside our broker: V8's own sampling profiler, summed up by function. Loaded by loop-probe.mjs. */
import { Session } from 'node:inspector'

const intervalUs = 400
const shown = 25

/** Begins to sample. The function it gives resolves to what was seen since, the most expensive functions first, and begins anew. */
export function profiler() {
  const session = new Session()
  session.connect()
  const post = (method, parameters) =>
    new Promise((resolve, reject) =>
      session.post(method, parameters, (error, answer) => (error ? reject(error) : resolve(answer))),
    )
  const begun = post('Profiler.enable')
    .then(() => post('Profiler.setSamplingInterval', { interval: intervalUs }))
    .then(() => post('Profiler.start'))
  return async () => {
    await begun
    const { profile } = await post('Profiler.stop')
    await post('Profiler.start')
    return mostExpensive(profile)
  }
}

/** { name: 'function file:line', part } by the part of the time that was not idle. */
function mostExpensive({ nodes, samples, timeDeltas }) {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]))
  const spent = new Map()
  samples.forEach((id, index) => {
    const name = names.get(id)
    spent.set(name, (spent.get(name) ?? 0) + timeDeltas[index])
  })
  spent.delete('(idle)')
  const all = [...spent.values()].reduce((sum, each) => sum + each, 0)
  const sorted = [...spent].sort(([, a], [, b]) => b - a).slice(0, shown)
  return sorted.map(([name, time]) => ({ name, part: time / all }))
}

function nameOf({ functionName, url, lineNumber }) {
  const file = url.split('/').at(-1)
  return file === '' ? functionName : `${functionName || 'anonymous'} ${file}:${lineNumber + 1}`
}
