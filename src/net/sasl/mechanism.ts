// A client's half of a SASL mechanism: bytes out, bytes in, until it is over. Nothing of it knows how the bytes travel.

export interface SaslClient {
  /** As the server lists it. */
  readonly mechanism: string
  /** The first thing to say. */
  begin(): Uint8Array | Promise<Uint8Array>
  /** What to say to `challenge`; null: nothing, it is over. Throws a SaslRefused where the server refuses, or is not who it should be. */
  answer(challenge: Uint8Array): Uint8Array | null | Promise<Uint8Array | null>
}

/** The other end says no, or does not prove who it is. */
export class SaslRefused extends Error {
  override readonly name = 'SaslRefused'
}
