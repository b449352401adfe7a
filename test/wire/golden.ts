// Conversations with Apache Kafka 4.2.0, recorded on the wire (pack-golden.mjs says how they came here).
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'

export interface Conversation {
  readonly id: string
  readonly apiKey: number
  readonly version: number
  /** Without its length; null where it was too large to be recorded whole. */
  readonly request: Uint8Array | null
  readonly response: Uint8Array
}

type Row = [id: string, apiKey: number, version: number, request: string | null, response: string]

export function goldenConversations(): Conversation[] {
  const rows: Row[] = JSON.parse(gunzipSync(readFileSync('test/data/golden-wire.json.gz')).toString())
  return rows.map(([id, apiKey, version, request, response]) => {
    return {
      id,
      apiKey,
      version,
      request: request === null ? null : Buffer.from(request, 'hex'),
      response: Buffer.from(response, 'hex'),
    }
  })
}
