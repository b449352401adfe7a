// Computations that are too long for one turn of the event loop, told in a way that lets another thread do them.

/** One computation and its two ways; both give the same, and throw the same. */
export interface Work<T> {
  /** All of it in this turn. */
  here(): T
  /** In a thread of the pool that the runtime has for some calls, or in one of `threads`. What it reads must not change meanwhile. */
  elsewhere(threads: Threads): Promise<T>
}

/** Threads that run libraries. */
export interface Threads {
  /** Calls `name` of the library there. The bytes are copied. */
  call(program: Program, name: string, bytes: Uint8Array, argument: number): Promise<Uint8Array>
}

/** Makes a library ready. The thread is given the text of this function, which may name nothing besides its parameter. */
export type Program = (load: (packageName: string) => unknown) => Promise<Library>

export type Library = { readonly [name: string]: (bytes: Uint8Array, argument: number) => Uint8Array }
