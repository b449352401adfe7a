// The nodes of a pretended ensemble, with the rules that ours lives by. Not the project's own code: a mistake there cannot hide itself here.

export const OK = 0
export const NO_NODE = -101
export const BAD_VERSION = -103
export const NO_CHILDREN_FOR_EPHEMERALS = -108
export const NODE_EXISTS = -110
export const NOT_EMPTY = -111

export interface TreeNode {
  data: Uint8Array | null
  readonly czxid: number
  mzxid: number
  readonly ctime: number
  version: number
  /** How many children were ever made: what sequential ones are numbered by. */
  cversion: number
  readonly owner: bigint
}

export interface Event {
  readonly type: 1 | 2 | 3 | 4
  readonly path: string
}

/** Thrown with one of the codes above. */
export class Refused extends Error {
  readonly code: number

  constructor(code: number) {
    super(`code ${code}`)
    this.code = code
  }
}

export class Tree {
  #nodes = new Map<string, TreeNode>([['/', newNode(null, 0, 0, 0n)]])
  readonly #children = new Map<string, Set<string>>()
  #undo: (() => void)[] = []
  zxid = 0
  /** What happened since it was last taken. */
  events: Event[] = []

  get(path: string): TreeNode {
    const node = this.#nodes.get(path)
    if (!node) throw new Refused(NO_NODE)
    return node
  }

  has(path: string): boolean {
    return this.#nodes.has(path)
  }

  text(path: string): string {
    return Buffer.from(this.get(path).data ?? []).toString()
  }

  children(path: string): string[] {
    return [...(this.#children.get(path) ?? [])]
  }

  countChildren(path: string): number {
    return this.#children.get(path)?.size ?? 0
  }

  #put(path: string, node: TreeNode): void {
    this.#nodes.set(path, node)
    const [parent, name] = parted(path)
    const names = this.#children.get(parent)
    if (names) names.add(name)
    else this.#children.set(parent, new Set([name]))
  }

  #drop(path: string): void {
    this.#nodes.delete(path)
    const [parent, name] = parted(path)
    this.#children.get(parent)?.delete(name)
  }

  /** The texts of all nodes whose paths begin with one of these; null where there is no data. */
  below(...prefixes: readonly string[]): Map<string, string | null> {
    const found = [...this.#nodes].filter(([path]) => prefixes.some((prefix) => path.startsWith(prefix)))
    return new Map(found.map(([path, { data }]) => [path, data === null ? null : Buffer.from(data).toString()]))
  }

  /** All of `act` or nothing: what it did is undone where it throws. */
  atomically<T>(act: () => T): T {
    const events = this.events.length
    this.#undo = []
    this.zxid++
    try {
      return act()
    } catch (thrown) {
      for (const undo of this.#undo.reverse()) undo()
      this.events.length = events
      throw thrown
    }
  }

  create(wanted: string, data: Uint8Array | null, owner: bigint, isSequential: boolean, now: number): string {
    const [parentPath] = parted(wanted)
    const parent = this.get(parentPath)
    const path = isSequential ? wanted + String(parent.cversion).padStart(10, '0') : wanted
    if (this.#nodes.has(path)) throw new Refused(NODE_EXISTS)
    if (parent.owner !== 0n) throw new Refused(NO_CHILDREN_FOR_EPHEMERALS)
    parent.cversion++
    this.#put(path, newNode(data, this.zxid, now, owner))
    this.#undo.push(() => {
      parent.cversion--
      this.#drop(path)
    })
    this.events.push({ type: 1, path }, { type: 4, path: parentPath })
    return path
  }

  setData(path: string, data: Uint8Array | null, version: number): void {
    this.check(path, version)
    const node = this.get(path)
    const before = { ...node }
    this.#undo.push(() => Object.assign(node, before))
    node.data = data
    node.version++
    node.mzxid = this.zxid
    this.events.push({ type: 3, path })
  }

  remove(path: string, version: number): void {
    this.check(path, version)
    if (this.countChildren(path) > 0) throw new Refused(NOT_EMPTY)
    const node = this.get(path)
    this.#undo.push(() => this.#put(path, node))
    this.#drop(path)
    const [parentPath] = parted(path)
    this.events.push({ type: 2, path }, { type: 4, path: parentPath })
  }

  check(path: string, version: number): void {
    if (version !== -1 && this.get(path).version !== version) throw new Refused(BAD_VERSION)
    this.get(path)
  }

  /** The session is over: its ephemeral nodes go. */
  removeOwnedBy(owner: bigint): void {
    const owned = [...this.#nodes].filter(([, node]) => node.owner === owner).map(([path]) => path)
    this.atomically(() => {
      for (const path of owned) this.remove(path, -1)
    })
  }

  /** For tests that go behind everybody's back. */
  wipe(): void {
    this.#nodes = new Map([['/', newNode(null, 0, 0, 0n)]])
    this.#children.clear()
    this.zxid = 0
  }
}

function parted(path: string): [parent: string, name: string] {
  const slash = path.lastIndexOf('/')
  return [path.slice(0, slash) || '/', path.slice(slash + 1)]
}

function newNode(data: Uint8Array | null, zxid: number, now: number, owner: bigint): TreeNode {
  return { data, czxid: zxid, mzxid: zxid, ctime: now, version: 0, cversion: 0, owner }
}
