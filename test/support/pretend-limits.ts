// Limits of a pretended broker that no test reaches.

export const connectionLimits = {
  maxConnections: 99,
  maxConnectionsPerIp: 99,
  perIpOverrides: new Map(),
  maxCreationRate: 1e6,
  listeners: new Map(),
}

export const channelLimits = {
  maxFrameBytes: 1e8,
  maxPendingRequests: 50,
  maxPendingBytes: 1e8,
  maxUnsentBytes: 1e8,
  maxIdleMs: -1,
  maxStallMs: -1,
}
