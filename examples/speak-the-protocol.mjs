// Kafka's protocol by hand: one request and its answer over a bare socket. Run with: node examples/speak-the-protocol.mjs
import { once } from 'node:events'
import { connect } from 'node:net'
import { startBroker } from 'odradek'
import {
  ByteReader,
  ByteWriter,
  codec,
  MetadataRequest,
  MetadataResponse,
  readResponseHeader,
  writeRequestHeader,
} from 'odradek/protocol'

const VERSION = 12

const broker = await startBroker({ inMemory: true })
try {
  const answer = await ask(broker.bootstrapServers, { topics: null })
  const nodes = answer.brokers.map(({ nodeId, host, port }) => `node ${nodeId} on ${host}:${port}`)
  console.log(`cluster ${answer.clusterId}: ${nodes.join(', ')}; ${answer.topics.length} topics`)
} finally {
  await broker.close()
}

async function ask(bootstrapServers, request) {
  const [host, port] = bootstrapServers.split(':')
  const socket = connect(Number(port), host)
  try {
    socket.write(frame(request))
    return answerOf(await firstFrame(socket))
  } finally {
    socket.destroy()
  }
}

/** A frame is its length in four bytes, and then that many. */
function frame(request) {
  const writer = new ByteWriter()
  writeRequestHeader(writer, { apiKey: MetadataRequest.apiKey, apiVersion: VERSION, correlationId: 7, clientId: 'example' })
  codec(MetadataRequest, VERSION).write(writer, request)
  const body = Buffer.concat(writer.chunks())
  const length = Buffer.alloc(4)
  length.writeInt32BE(body.length)
  return Buffer.concat([length, body])
}

function answerOf(bytes) {
  const reader = new ByteReader(bytes)
  const correlationId = readResponseHeader(reader, MetadataRequest.apiKey, VERSION)
  if (correlationId !== 7) throw new Error(`the answer to ${correlationId}, which nobody asked`)
  return codec(MetadataResponse, VERSION).read(reader)
}

async function firstFrame(socket) {
  let bytes = Buffer.alloc(0)
  while (bytes.length < 4 || bytes.length < 4 + bytes.readInt32BE(0))
    bytes = Buffer.concat([bytes, ...(await once(socket, 'data'))])
  return bytes.subarray(4)
}
