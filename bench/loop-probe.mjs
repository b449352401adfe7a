/**
 * Preloaded into our broker (`node --import`) by the bench alone: how long did the event loop go without coming round (see loop-watch.mjs)? A question
 * on the socket ODRADEK_LOOP_PROBE names is answered with what was seen since the last one. ODRADEK_LOOP_PROFILE=1 adds where the CPU time went,
 * ODRADEK_V8_FLAGS are tried on V8.
 */
import { createServer } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { isMainThread } from 'node:worker_threads'

async function begin(path) {
  for (const flag of (process.env.ODRADEK_V8_FLAGS ?? '').split(' ').filter(Boolean)) setFlagsFromString(flag)
  const { watchLoop } = await import('./loop-watch.mjs')
  const profile = process.env.ODRADEK_LOOP_PROFILE ? (await import('./profile.mjs')).profiler() : async () => []
  const seen = watchLoop()
  const server = createServer(async (connection) => {
    connection.end(JSON.stringify({ ...(await seen()), profile: await profile() }))
  })
  server.listen(path).unref()
}

// A preloaded module is loaded in worker threads, too.
const socket = process.env.ODRADEK_LOOP_PROBE
if (socket && isMainThread) await begin(socket)
