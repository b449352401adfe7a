// BrokerRegistration (API 62).

import { array, bool, type Infer, int16, int32, int64, message, nullable, string, uint16, uuid } from '../schema.ts'

export const BrokerRegistrationRequest = message({
  name: 'BrokerRegistrationRequest',
  apiKey: 62,
  versions: '0-4',
  flexible: '0+',
  fields: {
    brokerId: int32(),
    clusterId: string(),
    incarnationId: uuid(),
    listeners: array({ name: string(), host: string(), port: uint16(), securityProtocol: int16() }),
    features: array({ name: string(), minSupportedVersion: int16(), maxSupportedVersion: int16() }),
    rack: nullable(string(), { initiallyNull: false }),
    isMigratingZkBroker: bool({ versions: '1+' }),
    logDirs: array(uuid(), { versions: '2+', ignorable: true }),
    previousBrokerEpoch: int64({ versions: '3+', initial: -1, ignorable: true }),
  },
})
export type BrokerRegistrationRequest = Infer<typeof BrokerRegistrationRequest>

export const BrokerRegistrationResponse = message({
  name: 'BrokerRegistrationResponse',
  apiKey: 62,
  versions: '0-4',
  flexible: '0+',
  fields: { throttleTimeMs: int32(), errorCode: int16(), brokerEpoch: int64({ initial: -1 }) },
})
export type BrokerRegistrationResponse = Infer<typeof BrokerRegistrationResponse>
