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

/** As figures of a run: the longest turn, the longest without its pauses for garbage, the most CPU time of one, the longest pause. */
export function loopFigures({ longestMs, p999Ms, longestWorkMs, longestCpuMs, longestGcMs, over10Ms, worst, profile }) {
  const figures = { sliceMs: longestMs, sliceWithoutGcMs: longestWorkMs, sliceCpuMs: longestCpuMs, gcPauseMs: longestGcMs }
  return {
    ...figures,
    sliceP999Ms: p999Ms,
    slicesOver10Ms: over10Ms,
    worstSlices: worst,
    ...(profile.length > 0 ? { profile } : {}),
  }
}
