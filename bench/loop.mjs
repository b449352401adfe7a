/** The other end of loop-probe.mjs: starts a broker with the probe in it, and asks it. */
import { connect } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** The environment of a broker that shall carry the probe, which will listen on `socket`; `v8` are flags, with dashes and spaces. */
export function withProbe(socket, { profile = false, v8 = '' } = {}, env = process.env) {
  const probe = `--import=${pathToFileURL(join(import.meta.dirname, 'loop-probe.mjs'))}`
  const more = { ...(profile ? { ODRADEK_LOOP_PROFILE: '1' } : {}), ...(v8 ? { ODRADEK_V8_FLAGS: v8 } : {}) }
  return { ...env, NODE_OPTIONS: [env.NODE_OPTIONS, probe].filter(Boolean).join(' '), ODRADEK_LOOP_PROBE: socket, ...more }
}

/** What the probe saw since it was asked last. */
export function askProbe(socket) {
  return new Promise((resolve, reject) => {
    let text = ''
    const connection = connect(socket)
    connection.setEncoding('utf8').on('data', (more) => (text += more))
    connection.once('error', reject)
    connection.once('end', () => resolve(JSON.parse(text)))
    connection.setTimeout(10_000, () => connection.destroy(new Error('the probe in the broker does not answer')))
  })
}

/**
 * What the probes of all processes saw, as figures of a run: the longest turn of any, the longest without its pauses for garbage, the most CPU time of
 * one, the longest pause.
 */
export function loopFigures(seen) {
  const most = (name) => Math.max(...seen.map((each) => each[name]))
  const worst = seen.flatMap((each) => each.worst).sort((a, b) => b.ms - a.ms)
  const profile = joined(seen.map((each) => each.profile))
  return {
    sliceMs: most('longestMs'),
    sliceWithoutGcMs: most('longestWorkMs'),
    sliceCpuMs: most('longestCpuMs'),
    gcPauseMs: most('longestGcMs'),
    sliceP999Ms: most('p999Ms'),
    slicesOver10Ms: seen.reduce((sum, each) => sum + each.over10Ms, 0),
    worstSlices: worst.slice(0, 5),
    ...(profile.length > 0 ? { profile } : {}),
  }
}

/** The profiles of several processes as one: what a function took of them on the average. */
function joined(profiles) {
  const parts = new Map()
  for (const { name, part } of profiles.flat()) parts.set(name, (parts.get(name) ?? 0) + part / profiles.length)
  return [...parts].map(([name, part]) => ({ name, part })).sort((a, b) => b.part - a.part)
}
