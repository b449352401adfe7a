/** Sockets that cost the load programs as little as Node allows: all read into one buffer, whose bytes are gone after the call. */
import { connect } from 'node:net'

const shared = Buffer.allocUnsafeSlow(256 * 1024)

/** Resolves to a connected socket; `take` gets a view of what came, valid during the call. A connection that is lost ends the program. */
export async function openLean(bootstrap, take) {
  const callback = (length) => {
    take(shared.subarray(0, length))
    return true
  }
  const [host, port] = bootstrap.split(':')
  const socket = connect({ host, port: Number(port), noDelay: true, onread: { buffer: shared, callback } })
  socket.on('error', (error) => fail(error.message))
  socket.on('close', () => fail('the broker closed the connection'))
  await new Promise((resolve) => socket.once('connect', resolve))
  return socket
}

function fail(message) {
  console.error(message)
  process.exit(1)
}

/** Makes `onFrame(bytes, at)`, where an answer begins behind its length, out of chunks. */
export function wholeFrames(onFrame) {
  let rest = null
  return (chunk) => {
    const bytes = rest === null ? chunk : Buffer.concat([rest, chunk])
    let at = 0
    while (bytes.length - at >= 4) {
      const end = at + 4 + bytes.readInt32BE(at)
      if (end > bytes.length) break
      onFrame(bytes, at + 4)
      at = end
    }
    rest = at === bytes.length ? null : Buffer.from(bytes.subarray(at))
  }
}
