/** One tab of a browser writes down what comes from other peers. Nobody queues for the lock: a frozen tab would be granted it (DESIGN, fact 13). */

/** Calls back once this tab is the writer of that name. The lock is free again when the tab is gone. */
export async function claimWriter(name: string, signal: AbortSignal, onClaimed: () => void): Promise<void> {
  while (!signal.aborted) {
    if (await holdForLife(name, signal)) return onClaimed()
    try {
      await navigator.locks.request(name, { mode: 'shared', signal }, () => {})
    } catch {
      return // aborted
    }
  }
}

function holdForLife(name: string, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const hold = (lock: Lock | null) => {
      resolve(lock !== null)
      if (!lock) return
      return new Promise<void>(release => {
        signal.addEventListener('abort', () => release(), { once: true })
      })
    }
    navigator.locks.request(name, { ifAvailable: true }, hold).catch(reject)
  })
}
