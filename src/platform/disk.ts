// Files, as the log needs them. Paths are joined with '/'; all of them lie below directories named in the configuration.

/** The device or file system failed. Takes its log directory offline; never an answer to a client by itself. */
export class DiskError extends Error {
  override readonly name = 'DiskError'
  readonly path: string
  /** The operating system's name for it: ENOSPC, EIO, EACCES, ... */
  readonly code: string

  constructor(path: string, code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.path = path
    this.code = code
  }
}

/** Bytes that were read, in buffers out of a pool. Whoever reads releases exactly once, after the last use of the views. */
export interface ReadBytes {
  readonly views: readonly Uint8Array[]
  /** To be called on the object: `this` is declared so that the compiler refuses one that was taken out of it. */
  release(this: ReadBytes): void
}

export interface File {
  readonly path: string
  /** Size in bytes with everything appended so far. */
  readonly size: number
  /** Adds at the end. Resolves when the operating system has all of it (survives a crash of the process). Calls keep their order. */
  append(chunks: readonly Uint8Array[]): Promise<void>
  /** Writes inside the file, or beyond its end. */
  write(at: number, bytes: Uint8Array): Promise<void>
  /** Up to `length` bytes from `at`: fewer only where the file ends. */
  read(at: number, length: number): Promise<ReadBytes>
  truncate(size: number): Promise<void>
  /** Resolves when everything appended before the call is on the device (fdatasync). */
  flush(): Promise<void>
  close(): Promise<void>
}

export interface Lock {
  release(): Promise<void>
}

export interface Entry {
  readonly name: string
  readonly isDirectory: boolean
  readonly sizeInBytes: number
}

export interface Disk {
  /** Opens for reading and writing. `create`: 'never' fails where the file is missing, 'exclusive' where it is not. Default: 'ifMissing'. */
  open(path: string, create?: 'never' | 'ifMissing' | 'exclusive'): Promise<File>
  /** Makes the directory and those above it. */
  mkdir(path: string): Promise<void>
  /** Sorted by name; a missing directory is empty. Entries whose name `needsSize` refuses may have the size 0: that saves a call for each. */
  list(dir: string, needsSize?: (name: string) => boolean): Promise<Entry[]>
  exists(path: string): Promise<boolean>
  rename(from: string, to: string): Promise<void>
  /** Removes a file; one that is missing is fine. */
  remove(path: string): Promise<void>
  /** Removes a directory with all in it; one that is missing is fine. */
  removeTree(dir: string): Promise<void>
  /** Creations, renames and removals in `dir` survive a power cut from here on. */
  flushDirectory(dir: string): Promise<void>
  /** The whole of a small file; null where it is missing. */
  readAtomic(path: string): Promise<Uint8Array | null>
  /** A reader, and a power cut, see all of the old bytes or all of the new: written beside, flushed, renamed, directory flushed. */
  replaceAtomic(path: string, bytes: Uint8Array): Promise<void>
  /** One holder at a time among the processes of this machine; throws DiskError with code ELOCKED and a sentence about the holder. */
  lock(path: string): Promise<Lock>
  /** Bytes in all and still free on the device below `dir`. */
  space(dir: string): Promise<{ total: number; usable: number }>
}
