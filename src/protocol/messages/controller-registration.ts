// ControllerRegistration (API 70).

import { array, bool, type Infer, int16, int32, message, nullable, string, uint16, uuid } from '../schema.ts'

export const ControllerRegistrationRequest = message({
  name: 'ControllerRegistrationRequest',
  apiKey: 70,
  versions: '0',
  flexible: '0+',
  fields: {
    controllerId: int32(),
    incarnationId: uuid(),
    zkMigrationReady: bool(),
    listeners: array({ name: string(), host: string(), port: uint16(), securityProtocol: int16() }),
    features: array({ name: string(), minSupportedVersion: int16(), maxSupportedVersion: int16() }),
  },
})
export type ControllerRegistrationRequest = Infer<typeof ControllerRegistrationRequest>

export const ControllerRegistrationResponse = message({
  name: 'ControllerRegistrationResponse',
  apiKey: 70,
  versions: '0',
  flexible: '0+',
  fields: { throttleTimeMs: int32(), errorCode: int16(), errorMessage: nullable(string(), { initiallyNull: false }) },
})
export type ControllerRegistrationResponse = Infer<typeof ControllerRegistrationResponse>
