// A small ensemble in virtual time, for what a real one cannot be told to do: lose this answer, end that session now, fall silent.

import { BufferPool } from '../../../src/base/buffer-pool.ts'
import { ByteReader, ByteWriter } from '../../../src/base/bytes.ts'
import { FrameReader, framed } from '../../../src/net/frame.ts'
import { FrameMemory } from '../../../src/net/frame-memory.ts'
import type { Connection } from '../../../src/platform/network.ts'
import type { SimProcess } from '../../../src/platform/sim/process.ts'
import type { World } from '../../../src/platform/sim/world.ts'
import { OK, Refused, Tree, type TreeNode } from './tree.ts'

export interface Request {
  readonly opCode: number
  /** Of a multi, the paths of all its changes. */
  readonly paths: readonly string[]
  readonly server: string
}

/** What becomes of a request: as usual; carried out and its connection broken before the answer; or broken without. */
export type Fate = 'answer' | 'lose the answer' | 'lose the request'

interface Session {
  readonly id: bigint
  readonly timeoutMs: number
  heardAt: number
  client: Client | null
}

interface Client {
  readonly connection: Connection
  readonly server: string
  session: Session | null
  readonly dataWatches: Set<string>
  readonly childWatches: Set<string>
}

export const CREATE2 = 15
export const MULTI = 14
const SMALLEST_SESSION_MS = 4000

export class PretendEnsemble {
  readonly tree = new Tree()
  readonly sessions = new Map<bigint, Session>()
  /** Asked for every request. */
  fate: (request: Request) => Fate = () => 'answer'
  /** While true, nothing is answered and no connection breaks. */
  isSilent = false
  /** Machines that are not heard, and hear nothing. */
  readonly unheard = new Set<string>()
  readonly requests: Request[] = []
  /** What it did not expect: a request that is none, or a mistake of its own. */
  bug: unknown = null
  readonly #world: World
  readonly #process: SimProcess
  readonly #clients = new Set<Client>()
  #nextSession = 0x1000_0000_0000_0001n

  /** Servers named `names`, at port 2181 each; what one has done all know at once. */
  static async start(world: World, names: readonly string[] = ['zk']): Promise<PretendEnsemble> {
    const ensemble = new PretendEnsemble(world, names[0]!)
    for (const name of names) {
      const { network } = world.machine(name).start().platform
      await network.listen({ host: '', port: 2181 }, (connection) => ensemble.#accept(connection, name))
    }
    return ensemble
  }

  private constructor(world: World, name: string) {
    this.#world = world
    this.#process = world.machine(name).start('ensemble')
    this.#tick()
  }

  get #now(): number {
    return Math.floor(this.#world.events.now)
  }

  /** Its ephemeral nodes go, and its client hears of it when it comes back. */
  expire(id: bigint): void {
    const session = this.sessions.get(id)
    if (!session) return
    this.sessions.delete(id)
    this.tree.removeOwnedBy(id)
    this.#tellWatchers()
    session.client?.connection.close()
  }

  /** As an operator with a shell would. */
  byHand(act: (tree: Tree) => void): void {
    this.tree.atomically(() => act(this.tree))
    this.#tellWatchers()
  }

  /** All connections break. */
  breakConnections(): void {
    for (const { connection } of [...this.#clients]) connection.close()
  }

  #tick(): void {
    this.#process.platform.clock.after(100, () => {
      for (const session of [...this.sessions.values()])
        if (this.#now - session.heardAt > session.timeoutMs) this.expire(session.id)
      this.#tick()
    })
  }

  #accept(connection: Connection, server: string): void {
    const client: Client = { connection, server, session: null, dataWatches: new Set(), childWatches: new Set() }
    this.#clients.add(client)
    connection.onClose(() => this.#clients.delete(client))
    connection.onData(
      new FrameReader({
        sink: {
          admit: () => true,
          extend: () => true,
          frame: ({ bytes }) => {
            try {
              this.#frame(client, Uint8Array.from(bytes))
            } catch (thrown) {
              this.bug ??= thrown
              throw thrown
            }
          },
          refuse: () => connection.close(),
        },
        memory: new FrameMemory(new BufferPool(0)),
        landing: new Uint8Array(65_536),
        maxFrameBytes: () => 0xfffff, // jute.maxbuffer
      }),
    )
  }

  #frame(client: Client, bytes: Uint8Array): void {
    if (this.isSilent || this.unheard.has(client.connection.remote.host)) return
    const from = new ByteReader(bytes)
    if (!client.session) return this.#greet(client, from)
    client.session.heardAt = this.#now
    const xid = from.int32()
    const opCode = from.int32()
    if (opCode === 11) return this.#send(client, xid, OK, () => {})
    if (opCode === -11) {
      this.#send(client, xid, OK, () => {})
      this.expire(client.session.id)
      return
    }
    this.#request(client, xid, opCode, from)
  }

  #greet(client: Client, from: ByteReader): void {
    from.skip(4 + 8)
    const timeoutMs = Math.max(SMALLEST_SESSION_MS, from.int32())
    const id = from.exactInt64()
    let session = this.sessions.get(id)
    if (id === 0n) {
      session = { id: this.#nextSession++, timeoutMs, heardAt: this.#now, client: null }
      this.sessions.set(session.id, session)
    }
    const to = new ByteWriter()
    to.int32(0)
    to.int32(session ? session.timeoutMs : 0)
    to.exactInt64(session?.id ?? 0n)
    to.int32(16)
    to.raw(new Uint8Array(16))
    to.bool(false)
    void client.connection.send(framed(to.chunks())).catch(() => {})
    if (!session) return
    if (session.client !== client) session.client?.connection.close() // the session has moved
    session.client = client
    session.heardAt = this.#now
    client.session = session
  }

  #request(client: Client, xid: number, opCode: number, from: ByteReader): void {
    const start = from.at
    const paths = opCode === MULTI ? this.#pathsOf(from) : [textOf(from)]
    from.at = start
    const request = { opCode, paths, server: client.server }
    this.requests.push(request)
    const fate = this.fate(request)
    if (fate === 'lose the request') return client.connection.close()
    const to = new ByteWriter()
    let code = OK
    try {
      this.#carryOut(client, opCode, from, to)
    } catch (thrown) {
      if (!(thrown instanceof Refused)) throw thrown
      code = thrown.code
    }
    if (fate === 'lose the answer') {
      this.#tellWatchers()
      return client.connection.close()
    }
    this.#send(client, xid, code, (answer) => {
      if (code === OK) answer.raw(to.toBytes())
    })
    this.#tellWatchers()
  }

  #send(client: Client, xid: number, code: number, body: (to: ByteWriter) => void): void {
    const to = new ByteWriter()
    to.int32(xid)
    to.int64(this.tree.zxid)
    to.int32(code)
    body(to)
    void client.connection.send(framed([Uint8Array.from(to.toBytes())])).catch(() => {})
  }

  #pathsOf(from: ByteReader): string[] {
    const paths: string[] = []
    for (;;) {
      const opCode = from.int32()
      const isDone = from.bool()
      from.skip(4)
      if (isDone) return paths
      paths.push(textOf(from))
      if (opCode === CREATE2) {
        bufferOf(from)
        from.skip(4 + 4)
        textOf(from)
        textOf(from)
        from.skip(4)
      } else {
        if (opCode === 5) bufferOf(from)
        from.skip(4)
      }
    }
  }

  #carryOut(client: Client, opCode: number, from: ByteReader, to: ByteWriter): void {
    if (opCode === MULTI) return this.#multi(client, from, to)
    if (opCode === CREATE2 || opCode === 2 || opCode === 5)
      return this.tree.atomically(() => this.#change(client, opCode, from, to))
    const path = textOf(from)
    if (opCode === 9) return void writeText(to, path)
    if (opCode === 3) {
      if (from.bool()) client.dataWatches.add(path)
      return this.#stat(to, this.tree.get(path), path)
    }
    const node = this.tree.get(path)
    const watches = from.bool()
    if (opCode === 4) {
      if (watches) client.dataWatches.add(path)
      writeBuffer(to, node.data)
      return this.#stat(to, node, path)
    }
    if (opCode !== 12) throw new Error(`operation ${opCode}`)
    if (watches) client.childWatches.add(path)
    const names = this.tree.children(path)
    to.int32(names.length)
    for (const name of names) writeText(to, name)
    this.#stat(to, node, path)
  }

  #multi(client: Client, from: ByteReader, to: ByteWriter): void {
    const start = from.at
    const count = this.#pathsOf(from).length
    from.at = start
    let done = 0
    try {
      const results = new ByteWriter()
      this.tree.atomically(() => {
        for (; done < count; done++) {
          const opCode = from.int32()
          from.skip(5)
          header(results, opCode, false)
          this.#change(client, opCode, from, results)
        }
      })
      to.raw(Uint8Array.from(results.toBytes()))
    } catch (thrown) {
      if (!(thrown instanceof Refused)) throw thrown
      for (let i = 0; i < count; i++) {
        header(to, -1, false)
        to.int32(i < done ? 0 : i === done ? thrown.code : -2)
      }
    }
    header(to, -1, true)
  }

  #change({ session }: Client, opCode: number, from: ByteReader, to: ByteWriter): void {
    const path = textOf(from)
    if (opCode === 13) return this.tree.check(path, from.int32())
    if (opCode === 2) return this.tree.remove(path, from.int32())
    const data = bufferOf(from)
    if (opCode === 5) {
      this.tree.setData(path, data, from.int32())
      return this.#stat(to, this.tree.get(path), path)
    }
    if (opCode !== CREATE2) throw new Error(`change ${opCode}`)
    from.skip(4 + 4)
    textOf(from)
    textOf(from)
    const flags = from.int32()
    const made = this.tree.create(path, data, flags & 1 ? session!.id : 0n, (flags & 2) !== 0, this.#now)
    writeText(to, made)
    this.#stat(to, this.tree.get(made), made)
  }

  #stat(to: ByteWriter, node: TreeNode, path: string): void {
    to.int64(node.czxid)
    to.int64(node.mzxid)
    to.int64(node.ctime)
    to.int64(node.ctime)
    to.int32(node.version)
    to.int32(node.cversion)
    to.int32(0)
    to.exactInt64(node.owner)
    to.int32(node.data?.length ?? 0)
    to.int32(this.tree.countChildren(path))
    to.int64(node.mzxid)
  }

  #tellWatchers(): void {
    for (const { type, path } of this.tree.events.splice(0)) {
      for (const client of this.#clients) {
        const fires =
          type === 4
            ? client.childWatches.delete(path)
            : client.dataWatches.delete(path) || (type === 2 && client.childWatches.delete(path))
        if (!fires) continue
        this.#send(client, -1, OK, (to) => {
          to.int32(type)
          to.int32(3)
          writeText(to, path)
        })
      }
    }
  }
}

function header(to: ByteWriter, opCode: number, isDone: boolean): void {
  to.int32(opCode)
  to.bool(isDone)
  to.int32(-1)
}

function textOf(from: ByteReader): string {
  return from.text(from.int32())
}

function bufferOf(from: ByteReader): Uint8Array | null {
  const size = from.int32()
  return size < 0 ? null : Uint8Array.from(from.view(size))
}

function writeText(to: ByteWriter, text: string): void {
  writeBuffer(to, Buffer.from(text))
}

function writeBuffer(to: ByteWriter, bytes: Uint8Array | null): void {
  to.int32(bytes?.length ?? -1)
  if (bytes) to.raw(bytes)
}
