/**
 * Entry of the page. First the engine's worker, which takes longest to load; then the rest, which `build/preload.ts` has had fetched
 * meanwhile.
 */
import { startEngineWorkerEarly } from '../engine/engine-worker.ts'

if (isSecureContext) startEngineWorkerEarly() // elsewhere it could not run, and the page says so
void import('./open.ts')
