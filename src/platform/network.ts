// Byte streams between processes.

export interface Address {
  readonly host: string
  readonly port: number
}

export interface Listener {
  /** The address bound; its port is the chosen one where 0 was asked for. */
  readonly address: Address
  /** Accepts no more; open connections stay. */
  close(): Promise<void>
}

/**
 * Who wants a connection's bytes. `bufferFor` and `received` work in turns, so that large frames are read straight into a buffer of their
 * exact size: the network writes at most `length` bytes into the buffer it was given, then says how many there are.
 */
export interface Intake {
  /**
   * Where the next bytes go. Called before every read; must give at least one byte of room. It may be called long before bytes come, but they are
   * put there only right before `received`, in the same turn: so many intakes may give one and the same buffer.
   */
  buffer(): Uint8Array
  /** The first `length` bytes of the last buffer are filled. */
  received(length: number): void
}

export interface Connection {
  /** host:port of the other end, for logs and quotas. */
  readonly remote: Address
  readonly local: Address
  /** Hands chunks over in order; resolves when they were given to the operating system, rejects once the connection is gone. */
  send(chunks: readonly Uint8Array[]): Promise<void>
  /** Bytes handed over and not yet taken by the operating system. */
  readonly unsent: number
  onData(intake: Intake): void
  /** Runs once, when both directions are over or the connection broke. */
  onClose(run: (why?: Error) => void): void
  pause(): void
  resume(): void
  /** Ends at once; what was not sent is dropped. */
  close(): void
}

/** The machine answered, and nobody listens at that port of it: who did has ended, or listens no longer. */
export class ConnectRefused extends Error {
  override readonly name = 'ConnectRefused'
}

/** The other end has no certificate that is trusted, is another one, or does not trust this end's: no connection comes of it until somebody changes that. */
export class TlsRefused extends Error {
  override readonly name = 'TlsRefused'
}

/** A text, or the file that it is in, which is read for each connection: certificates are renewed. */
export type PemSource = { readonly text: string } | { readonly file: string }

export interface TlsSettings {
  /** Certificates to trust, as PEM; missing: those that Node trusts. */
  readonly trusted?: PemSource | undefined
  /** This end's own key and certificates: as PEM, both in one text or not, or as the PKCS12 file. */
  readonly own?: { readonly key: PemSource; readonly certificates: PemSource } | { readonly pkcs12: string } | undefined
  /** Of the key, or of the PKCS12 file. */
  readonly passphrase?: string | undefined
  /** Whether the certificate has to be made out for the host that was asked for. */
  readonly checksHost: boolean
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3'
  readonly maxVersion: 'TLSv1.2' | 'TLSv1.3'
  /** By OpenSSL's names; empty: the usual ones. */
  readonly ciphers: readonly string[]
}

export interface Network {
  /** This machine's own name: what a listener tells clients where nobody named a host. */
  readonly hostName: string
  /** `localhost` binds both loopback addresses; an empty host binds all interfaces. */
  listen(address: Address, accept: (connection: Connection) => void): Promise<Listener>
  /**
   * Rejects with ConnectRefused where the machine says that nobody listens there, and with another Error for whatever else keeps it from it. `signal` gives
   * it up: it rejects with the signal's reason, and nothing is left of it.
   */
  connect(address: Address, signal?: AbortSignal): Promise<Connection>
  /** The same with TLS; `connect` rejects with TlsRefused where one end does not trust the other. Missing on machines that have none. */
  secured?(settings: TlsSettings): Pick<Network, 'connect'>
}

/** host:port as in a list of servers: an IPv6 address is put into brackets. */
export function serverText({ host, port }: Address): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}
