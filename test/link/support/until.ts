/** Resolves when `condition` holds; rejects with what it waited for after `timeoutMs`. */
export async function until(condition: () => boolean, what: string, timeoutMs = 20_000): Promise<void> {
  const startMs = Date.now()
  while (!condition()) {
    if (Date.now() - startMs > timeoutMs) throw new Error(`still not true after ${timeoutMs} ms: ${what}`)
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}
