// Messages as data: a schema is a table of fields, its TypeScript type is inferred from it, and its codec is made out of it.
// One type serves every version: a field outside its versions reads as its initial value and is not written.

import { ZERO_UUID } from '../base/uuid.ts'

export { type Codec, codec } from './codec.ts'

export type Primitive = 'bool' | 'int8' | 'int16' | 'uint16' | 'int32' | 'uint32' | 'int64' | 'exactInt64' | 'float64' | 'uuid'
export type Kind = Primitive | 'string' | 'bytes' | 'records' | 'array' | 'struct'

/** One field of a message; T is what it holds in a value. Made by the constructors below. */
export interface Field<T> {
  readonly kind: Kind
  /** The value of a field that is not on the wire. */
  readonly initial: T
  /** Versions that have the field; left out where the struct around it has no others. */
  readonly versions?: string | undefined
  /** Whether a value that would be lost in a version without the field may be lost; otherwise writing it is an error. */
  readonly ignorable?: boolean | undefined
  /** Versions in which the field may be null. */
  readonly nullable?: string
  /** Tagged fields stand after all others, and only if they hold something else than their initial value (KIP-482). */
  readonly tag?: number
  /** Always with a 16-bit length, even in a flexible version. Only the client id in the request header is such. */
  readonly classic?: boolean
  /** What an array holds. */
  readonly item?: Field<unknown>
  /** What a struct holds. */
  readonly fields?: Shape
}

export type Shape = { readonly [name: string]: Field<unknown> }
export type ValueOf<S extends Shape> = { [K in keyof S]: S[K]['initial'] }

export interface Options<T> {
  readonly versions?: string
  readonly ignorable?: boolean
  readonly initial?: T
}

declare const holds: unique symbol

/** The schema of a request, a response, a header or a record, with T as the type of its values. */
export interface Message<T> {
  readonly name: string
  /** The number of the API; of a record: the number that stands for its kind on disk (a coordinator key's version, a metadata record's type). */
  readonly apiKey: number | null
  readonly versions: string
  readonly flexible: string
  readonly fields: Shape
  readonly [holds]?: T
}

// biome-ignore lint/suspicious/noExplicitAny: lists and look-ups hold messages of every type
export type AnyMessage = Message<any>

/** The values of a message as they are read: every field is there. */
export type Infer<M> = M extends Message<infer T> ? T : never

/**
 * What may be written: a message or its value type, in which a field that is left out has its initial value, and bytes may be given in pieces
 * that lie elsewhere (a log's views, for example): large ones are not copied.
 */
export type Input<M> = M extends Message<infer T> ? Partially<T> : Partially<M>

type Partially<T> = T extends Uint8Array
  ? T | readonly Uint8Array[]
  : T extends readonly (infer Item)[]
    ? readonly Partially<Item>[]
    : T extends object
      ? { readonly [K in keyof T]?: Partially<T[K]> | undefined }
      : T

/** What the items of an array field look like: `Item<FetchRequest['topics']>`. */
export type Item<A> = NonNullable<A> extends readonly (infer T)[] ? T : never

export interface MessageTable<S extends Shape> {
  readonly name: string
  readonly apiKey?: number
  readonly versions: string
  /** Versions with variable-length integers and tagged fields (KIP-482). Default none. */
  readonly flexible?: string
  readonly fields: S
}

export function message<const S extends Shape>(table: MessageTable<S>): Message<ValueOf<S>> {
  return { apiKey: null, flexible: 'none', ...table }
}

function primitive<T>(kind: Kind, zero: T): (options?: Options<T>) => Field<T> {
  return ({ versions, ignorable, initial = zero } = {}) => ({ kind, initial, versions, ignorable })
}

export const bool = primitive('bool', false)
export const int8 = primitive('int8', 0)
export const int16 = primitive('int16', 0)
export const uint16 = primitive('uint16', 0)
export const int32 = primitive('int32', 0)
export const uint32 = primitive('uint32', 0)
/** Reads as a number: exact up to 2^53, rounded above it. Where all bits must come back, see `exact`. */
export const int64 = primitive('int64', 0)
export const float64 = primitive('float64', 0)
/** Kafka's text of a UUID: 22 characters of url-safe base64. */
export const uuid = primitive('uuid', ZERO_UUID)
export const string = primitive('string', '')

/** A view of the bytes read; nothing is copied. */
export const bytes = primitive<Uint8Array>('bytes', new Uint8Array(0))

/** Record batches, one after the other, as they are; null where there are none. */
export function records(options: Omit<Options<never>, 'initial'> = {}): Field<Uint8Array> {
  // Kafka's initial value is null even where the wire has no null: who writes must give something.
  return { ...options, kind: 'records', initial: null as unknown as Uint8Array }
}

/** The same eight bytes as a bigint, for fields that must echo every bit. */
export function exact(field: Field<number>, initial: bigint = BigInt(field.initial)): Field<bigint> {
  return { ...field, kind: 'exactInt64', initial }
}

export function struct<const S extends Shape>(fields: S, options: Omit<Options<never>, 'initial'> = {}): Field<ValueOf<S>> {
  const initial = Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, field.initial])) as ValueOf<S>
  return { ...options, kind: 'struct', initial, fields }
}

export function array<T>(item: Field<T>, options?: Omit<Options<never>, 'initial'>): Field<T[]>
export function array<const S extends Shape>(item: S, options?: Omit<Options<never>, 'initial'>): Field<ValueOf<S>[]>
export function array(item: Field<unknown> | Shape, options: Omit<Options<never>, 'initial'> = {}): Field<unknown[]> {
  return { ...options, kind: 'array', initial: [], item: isField(item) ? item : struct(item) }
}

/** May be null in the given versions (default: in all), and is null until something is said; `initiallyNull: false` keeps the field's own initial value. */
export function nullable<T>(field: Field<T>, { versions = '0+', initiallyNull = true } = {}): Field<T | null> {
  return { ...field, nullable: versions, initial: initiallyNull ? null : field.initial }
}

/** A tagged field in all of its versions (KIP-482). */
export function tagged<T>(tag: number, field: Field<T>): Field<T> {
  return { ...field, tag }
}

/** With a 16-bit length even in a flexible version: the client id, which must be readable before the version is understood. */
export function classic<T>(field: Field<T>): Field<T> {
  return { ...field, classic: true }
}

function isField(item: Field<unknown> | Shape): item is Field<unknown> {
  return typeof item.kind === 'string'
}
