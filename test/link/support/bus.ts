import type { Turns } from './turns.ts'

/** The BroadcastChannels of one browser: everybody with one of that name but the speaker hears, a little later. */
export class Bus {
  readonly turns: Turns
  /** How often anybody woke. */
  woken = 0
  readonly #ends = new Map<BroadcastChannel, string>()
  constructor(turns: Turns) {
    this.turns = turns
  }
  /** Of all channels that are open. */
  get names(): ReadonlySet<string> {
    return new Set(this.#ends.values())
  }

  open(name: string): BroadcastChannel {
    const hear = (end: BroadcastChannel, data: unknown) => {
      if (!this.#ends.has(end)) return
      this.woken++
      end.onmessage?.({ data } as MessageEvent)
    }
    const end = {
      onmessage: null,
      close: () => this.#ends.delete(end),
      postMessage: (data: unknown) => {
        const copy = structuredClone(data)
        for (const [other, its] of this.#ends)
          if (other !== end && its === name) this.turns.after(1, () => hear(other, copy))
      },
    } as unknown as BroadcastChannel
    this.#ends.set(end, name)
    return end
  }
}
