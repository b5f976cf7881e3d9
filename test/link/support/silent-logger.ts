/** libp2p's logger for tests that have nothing to say. */
import type { Logger } from '@libp2p/interface'

export const silentLogger: Logger = Object.assign(() => {}, {
  error() {},
  trace() {},
  newScope: () => silentLogger,
  enabled: false,
}) as Logger
