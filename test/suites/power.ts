/** The power of a machine that writes to a disk: after so many writes it is off, and nothing is written or reported any more. */
export abstract class Power {
  /** Writes that landed since `crashAfter`. */
  writes = 0
  #left = Number.POSITIVE_INFINITY
  #life = 0

  /** From now on `count` writes land. */
  crashAfter(count: number): void {
    this.#left = count
    this.writes = 0
  }

  powerOn(): void {
    this.#life++
    this.#left = Number.POSITIVE_INFINITY
  }

  /** A write met the end of its machine. */
  protected abstract wentOff(): void

  /** For a process that starts now: resolves where a write lands, and never where the machine is off by then. */
  protected gate(): () => Promise<void> {
    const life = this.#life
    return async () => {
      if (life === this.#life && this.#left-- > 0) {
        this.writes++
        return
      }
      this.wentOff()
      await new Promise(() => {})
    }
  }
}
