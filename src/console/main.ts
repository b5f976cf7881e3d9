/**
 * Entry of the page, run as soon as it is here, whether the page is read to its end or not. First the engine's worker, which takes longest to load;
 * then the rest, which `build/preload.ts` has had fetched meanwhile.
 */
import { startEngineWorkerEarly } from '../engine/engine-worker.ts'

if (isSecureContext) startEngineWorkerEarly() // elsewhere it could not run, and the page says so
if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', open)
else open()

function open(): void {
  void import('./open.ts')
}
