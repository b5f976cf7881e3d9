/** The page's hold on the engine's worker. A page that will surely join starts it before anything else: it takes the longest. */

let early: Worker | undefined

function start(): Worker {
  return new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'tabmesh-engine' })
}

/** The next `takeEngineWorker` returns this one. */
export function startEngineWorkerEarly(): void {
  early ??= start()
}

export function takeEngineWorker(): Worker {
  const worker = early ?? start()
  early = undefined
  return worker
}
