// From a message and a version to the two functions that read and write it.

import type { ByteReader, ByteWriter } from '../base/bytes.ts'
import { compileRead, compileWrite } from './compile.ts'
import { interpret } from './interpret.ts'
import { planOf } from './plan.ts'
import type { AnyMessage, Input, Message } from './schema.ts'

export interface Codec<T> {
  /** Throws MalformedBytes. Bytes after the value are left alone, as Kafka does. Byte fields are views of what was read. */
  read(from: ByteReader): T
  /**
   * Fields that are left out have their initial value. A value that this version cannot carry is a KafkaError (UNSUPPORTED_VERSION), unless the
   * schema says that it may be lost.
   */
  write(to: ByteWriter, value: Input<T>): void
}

const made = new WeakMap<AnyMessage, Map<number, Codec<unknown>>>()

/** The codec of one version of a message, compiled on first use and kept. A version that the message does not have is a RangeError. */
export function codec<T>(message: Message<T>, version: number): Codec<T> {
  let versions = made.get(message)
  if (!versions) made.set(message, (versions = new Map()))
  let found = versions.get(version)
  if (!found) versions.set(version, (found = lazy(message, version)))
  return found as Codec<T>
}

/** Each direction is compiled when it is first needed: a broker never reads its responses. */
function lazy(message: AnyMessage, version: number): Codec<unknown> {
  const plan = planOf(message, version)
  const self: Codec<unknown> = {
    read(from) {
      self.read = allowed(() => compileRead(plan)) ?? interpret(plan).read
      return self.read(from)
    },
    write(to, value) {
      self.write = allowed(() => compileWrite(plan)) ?? interpret(plan).write
      self.write(to, value)
    },
  }
  return self
}

/** Null where the process forbids code made from text. */
function allowed<F>(compile: () => F): F | null {
  try {
    return compile()
  } catch (thrown) {
    if (thrown instanceof EvalError) return null
    throw thrown
  }
}
