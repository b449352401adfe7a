// Real time, for campaigns with real processes.

export const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
