/** The page itself, once its engine's worker is on its way. */
import { joinMesh } from '../index.ts'
import { startConsole } from './start.ts'

// The console's policy forbids an inline sandbox document, so the served one is used (docs/decisions/0001-sandbox-frame.md).
startConsole(options => joinMesh({ ...options, sandboxUrl: 'sandbox.html' }))
