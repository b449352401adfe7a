// APIs whose numbers are taken, but which Kafka no longer has in any version.

import { type Infer, message } from '../schema.ts'

export const LeaderAndIsrRequest = message({ name: 'LeaderAndIsrRequest', apiKey: 4, versions: 'none', fields: {} })
export type LeaderAndIsrRequest = Infer<typeof LeaderAndIsrRequest>

export const LeaderAndIsrResponse = message({ name: 'LeaderAndIsrResponse', apiKey: 4, versions: 'none', fields: {} })
export type LeaderAndIsrResponse = Infer<typeof LeaderAndIsrResponse>

export const StopReplicaRequest = message({ name: 'StopReplicaRequest', apiKey: 5, versions: 'none', fields: {} })
export type StopReplicaRequest = Infer<typeof StopReplicaRequest>

export const StopReplicaResponse = message({ name: 'StopReplicaResponse', apiKey: 5, versions: 'none', fields: {} })
export type StopReplicaResponse = Infer<typeof StopReplicaResponse>

export const UpdateMetadataRequest = message({ name: 'UpdateMetadataRequest', apiKey: 6, versions: 'none', fields: {} })
export type UpdateMetadataRequest = Infer<typeof UpdateMetadataRequest>

export const UpdateMetadataResponse = message({ name: 'UpdateMetadataResponse', apiKey: 6, versions: 'none', fields: {} })
export type UpdateMetadataResponse = Infer<typeof UpdateMetadataResponse>

export const ControlledShutdownRequest = message({ name: 'ControlledShutdownRequest', apiKey: 7, versions: 'none', fields: {} })
export type ControlledShutdownRequest = Infer<typeof ControlledShutdownRequest>

export const ControlledShutdownResponse = message({ name: 'ControlledShutdownResponse', apiKey: 7, versions: 'none', fields: {} })
export type ControlledShutdownResponse = Infer<typeof ControlledShutdownResponse>
