// What `kafka-storage format` does, with its files, its words and its refusals: an identity for every log directory, and in the one of the metadata who votes.

import { randomUuid } from '../../base/uuid.ts'
import type { LoadedConfig } from '../../config/load.ts'
import { type MetaProperties, readMetaProperties, writeMetaProperties } from '../../log/meta-properties.ts'
import { metadataBatches } from '../../metadata/batches.ts'
import { bootstrapFeatures } from '../../metadata/controller/activation.ts'
import { KRAFT_VERSION, METADATA_VERSION, SUPPORTED_METADATA_VERSION, supportedFeatures } from '../../metadata/features.ts'
import { type MetadataRecord, record } from '../../metadata/records.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Disk } from '../../platform/disk.ts'
import { BOOTSTRAP, formatMetadata } from '../../raft/format.ts'
import { writeCheckpoint } from '../../raft/snapshot.ts'
import { KRAFT_VERSIONS, type Voter } from '../../raft/voters.ts'
import { controllerEndpoints } from '../network-settings.ts'
import { parseVoters } from './voters-text.ts'

/** How the quorum of a fresh directory comes about. */
export type QuorumChoice =
  /** As the configuration says: the voters of `controller.quorum.voters`. */
  | { readonly kind: 'configured' }
  | { readonly kind: 'standalone' }
  | { readonly kind: 'none' }
  | { readonly kind: 'initial'; readonly voters: string }

export interface FormatRequest {
  readonly clusterId: string
  readonly ignoreFormatted: boolean
  readonly quorum: QuorumChoice
  /** `4.2-IV1`, or a release that means it; undefined for the newest. */
  readonly releaseVersion?: string | undefined
  /** feature=level */
  readonly features: readonly string[]
}

export interface StorageRooms {
  readonly disk: Disk
  readonly randomBytes: (length: number) => Uint8Array
  readonly clock: Clock
  /** The machine's own, which stands for a listener on every interface. */
  readonly hostName: string
}

const VERSION_NAME = '4.2-IV1'
const RELEASES = new Set([VERSION_NAME, '4.2'])
const EMPTY = { endOffset: 0, epoch: 0 }

/** Formats what is not formatted yet; gives the lines that Kafka prints. Throws, with nothing written, where a directory must not be touched. */
export async function formatStorage(rooms: StorageRooms, loaded: LoadedConfig, request: FormatRequest): Promise<string[]> {
  requireQuorumChoice(loaded, request.quorum)
  requireKraftVersion(loaded, request.features)
  const records = bootstrapRecords(request)
  const paths = storageDirs(loaded)
  const voters = votersOf(rooms, loaded, request.quorum)
  const found = new Map<string, MetaProperties | null>()
  for (const path of paths) found.set(path, await readMetaProperties(rooms.disk, path))
  for (const [path, properties] of found) if (properties) requireSame(path, properties, loaded, request)
  const formatted = paths.filter((path) => found.get(path) !== null)
  if (formatted.length > 0 && !request.ignoreFormatted)
    throw new Error(
      `Log directory ${formatted[0]} is already formatted. Use --ignore-formatted to ignore this directory and format the others.`,
    )
  const fresh = paths.filter((path) => found.get(path) === null)
  if (fresh.length === 0) return ['All of the log directories are already formatted.']
  const lines = [bootstrapLine(records)]
  for (const path of fresh) {
    const kind = kindOf(path, loaded, request.quorum, voters)
    lines.push(`Formatting ${KINDS[kind]} ${path} with ${METADATA_VERSION} ${VERSION_NAME}.`)
    await formatOne(rooms, path, { loaded, request, records, voters: path === loaded.metadataLogDir ? voters : null })
  }
  return lines
}

const KINDS = {
  data: 'data directory',
  static: 'metadata directory',
  observer: 'dynamic metadata directory',
  voter: 'dynamic metadata voter directory',
} as const

function kindOf(path: string, loaded: LoadedConfig, { kind }: QuorumChoice, voters: readonly Voter[] | null): keyof typeof KINDS {
  if (path !== loaded.metadataLogDir) return 'data'
  if (kind === 'configured') return 'static'
  return voters?.some(({ id }) => id === loaded.config['node.id']) ? 'voter' : 'observer'
}

/** The metadata's directory is one of them, or one more. Sorted, as Kafka has them. */
export function storageDirs({ logDirs, metadataLogDir }: LoadedConfig): string[] {
  return [...new Set([...logDirs, metadataLogDir])].sort()
}

function requireQuorumChoice({ roles, quorum }: LoadedConfig, { kind }: QuorumChoice): void {
  if (kind === 'standalone' && !roles.controller) throw new Error('You can only use --standalone on a controller.')
  if (kind !== 'configured' && kind !== 'none' && quorum.voters.length > 0) {
    throw new Error(
      'You cannot specify controller.quorum.voters and format the node with --initial-controllers or --standalone. ' +
        'If you want to use dynamic quorum, please remove controller.quorum.voters and specify controller.quorum.bootstrap.servers instead.',
    )
  }
  if (kind === 'configured' && roles.controller && quorum.voters.length === 0) {
    throw new Error(
      'Because controller.quorum.voters is not set on this controller, you must specify one of the following: ' +
        '--standalone, --initial-controllers, or --no-initial-controllers.',
    )
  }
}

const FLAGS = 'one of the flags --standalone, --initial-controllers, or --no-initial-controllers is used'

/** kraft.version follows from where the voters stand; a `--feature` may say that, and nothing else. */
function requireKraftVersion({ quorum }: LoadedConfig, features: readonly string[]): void {
  const said = features.map(featureOf).find(([name]) => name === KRAFT_VERSION)?.[1]
  const isDynamic = quorum.voters.length === 0
  if (said === undefined || said > 0 === isDynamic) return
  const where = `controller.quorum.voters is empty and ${FLAGS}. For dynamic controllers support, try`
  if (isDynamic) throw new Error(`Cannot set kraft.version to 0 if ${where} removing the --feature flag for kraft.version.`)
  throw new Error(
    `Cannot set kraft.version to ${said} unless ${where} using one of --standalone, --initial-controllers, or --no-initial-controllers and removing controller.quorum.voters.`,
  )
}

/** Who votes as the first checkpoint says it; null where it says nothing. */
function votersOf({ randomBytes, hostName }: StorageRooms, loaded: LoadedConfig, choice: QuorumChoice): readonly Voter[] | null {
  if (choice.kind === 'initial') return parseVoters(choice.voters, loaded.quorum.listener)
  if (choice.kind !== 'standalone') return null
  const directoryId = randomUuid(randomBytes)
  return [
    {
      id: loaded.config['node.id'],
      directoryId,
      endpoints: controllerEndpoints(loaded, hostName),
      kraftVersions: KRAFT_VERSIONS,
    },
  ]
}

function requireSame(
  path: string,
  { clusterId, nodeId }: MetaProperties,
  { config }: LoadedConfig,
  request: FormatRequest,
): void {
  const file = `${path}/meta.properties`
  if (clusterId !== request.clusterId)
    throw new Error(`Invalid cluster.id in: ${file}. Expected ${request.clusterId}, but read ${clusterId}`)
  if (nodeId !== config['node.id'])
    throw new Error(`Invalid node.id in: ${file}. Expected ${config['node.id']}, but read ${nodeId}`)
}

interface OneDirectory {
  readonly loaded: LoadedConfig
  readonly request: FormatRequest
  readonly records: readonly MetadataRecord[]
  readonly voters: readonly Voter[] | null
}

async function formatOne({ disk, randomBytes, clock }: StorageRooms, path: string, one: OneDirectory): Promise<void> {
  const nodeId = one.loaded.config['node.id']
  const directoryId = one.voters?.find(({ id }) => id === nodeId)?.directoryId ?? randomUuid(randomBytes)
  await disk.mkdir(path)
  await writeBootstrap(disk, path, one.records, clock.now())
  if (one.voters) await formatMetadata(disk, path, { voters: one.voters, bootstrap: [], now: clock.now() })
  // It comes last: a directory that has it is formatted.
  await writeMetaProperties(disk, path, { clusterId: one.request.clusterId, nodeId, directoryId })
  await disk.flushDirectory(path)
}

/** `bootstrap.checkpoint`: what the first controller of a cluster writes first. One that is there stays. */
export async function writeBootstrap(disk: Disk, dir: string, records: readonly MetadataRecord[], now: number): Promise<void> {
  const path = `${dir}/${BOOTSTRAP}`
  if (await disk.exists(path)) return
  await writeCheckpoint(disk, path, { id: EMPTY, lastTimestamp: 0, control: [], batches: metadataBatches(records, 0) }, now)
  await disk.flushDirectory(dir)
}

/** The features of a fresh cluster, as the command line changed them. */
function bootstrapRecords({ releaseVersion, features }: FormatRequest): MetadataRecord[] {
  if (releaseVersion !== undefined && !RELEASES.has(releaseVersion))
    throw new Error(`Unknown metadata.version '${releaseVersion}'. Supported metadata.version are: ${VERSION_NAME}`)
  const levels = new Map<string, number>()
  for (const { kind, value } of bootstrapFeatures()) if (kind === 'FeatureLevelRecord') levels.set(value.name, value.featureLevel)
  for (const text of features) {
    const [name, level] = featureOf(text)
    if (level === 0) levels.delete(name)
    else if (name !== KRAFT_VERSION) levels.set(name, level)
  }
  return [...levels].map(([name, featureLevel]) => record('FeatureLevelRecord', { name, featureLevel }))
}

function featureOf(text: string): [string, number] {
  const [name = '', level = ''] = text.split('=').map((part) => part.trim())
  if (!/^\d+$/.test(level)) throw new Error(`Can't parse feature=level string ${text}: equals sign or level not found.`)
  const known = [...supportedFeatures.keys(), KRAFT_VERSION].filter((one) => one !== METADATA_VERSION)
  if (name === METADATA_VERSION) {
    if (Number(level) === SUPPORTED_METADATA_VERSION) return [name, SUPPORTED_METADATA_VERSION]
    throw new Error(
      `${METADATA_VERSION} ${level} is not supported; this build writes ${SUPPORTED_METADATA_VERSION} (${VERSION_NAME})`,
    )
  }
  if (!known.includes(name)) throw new Error(`Unsupported feature: ${name}. Supported features are: ${known.sort().join(', ')}`)
  const max = supportedFeatures.get(name)?.max ?? 1
  if (Number(level) > max) throw new Error(`No feature:${name} with feature level ${level}`)
  return [name, Number(level)]
}

function bootstrapLine(records: readonly MetadataRecord[]): string {
  const told = records.map(({ kind, value }) => {
    if (kind !== 'FeatureLevelRecord') return kind
    return `ApiMessageAndVersion(FeatureLevelRecord(name='${value.name}', featureLevel=${value.featureLevel}) at version 0)`
  })
  const level = `metadataVersionLevel=${SUPPORTED_METADATA_VERSION}, source=format command`
  return `Bootstrap metadata: BootstrapMetadata(records=[${told.join(', ')}], ${level})`
}
