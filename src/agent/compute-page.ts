/**
 * The page's part of computing: it makes the workers, and hands the engine a port to each. The engine must not make them itself: in
 * Firefox 153 a worker whose nested worker ends, by `terminate` or by itself, sometimes never runs again: in each of ten runs within 84 ends, whatever
 * the nested worker was doing. Of 300 made and terminated by a page none did harm. (docs/jobs.md)
 */
export interface ComputeWorker {
  /** Its other end lies in the worker; transfer it to the engine. */
  readonly port: MessagePort
  close(): void
}

export function openComputeWorker(): ComputeWorker {
  const worker = new Worker(new URL('./compute-worker.ts', import.meta.url), { type: 'module' })
  const { port1, port2 } = new MessageChannel()
  worker.postMessage(port2, [port2])
  return { port: port1, close: () => worker.terminate() }
}
