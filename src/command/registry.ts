/** Every command once, and the ways to find one: by its name, by the beginning of it, and by what was nearly its name. Pure. */
import type { Command } from './command.ts'
import { typosMax } from './limits.ts'
import type { Word } from './line.ts'

export interface Found {
  readonly command: Command
  /** Words of the line that were its name. */
  readonly words: number
}

export class Registry {
  readonly commands: readonly Command[]
  readonly #byName = new Map<string, Command>()

  constructor(commands: readonly Command[]) {
    this.commands = [...commands].sort((one, other) => (one.name < other.name ? -1 : 1))
    for (const command of commands) for (const name of namesOf(command)) this.#byName.set(name, command)
  }

  get names(): readonly string[] {
    return [...this.#byName.keys()].sort()
  }

  get(name: string): Command | undefined {
    return this.#byName.get(name)
  }

  /** The longest name that the line begins with. */
  find(words: readonly Word[]): Found | undefined {
    const plain = words.findIndex(({ isQuoted, option }) => isQuoted || option !== undefined)
    const said = words.slice(0, plain < 0 ? words.length : plain).map(({ text }) => text.toLowerCase())
    for (let length = said.length; length > 0; length--) {
      const command = this.#byName.get(said.slice(0, length).join(' '))
      if (command) return { command, words: length }
    }
    return undefined
  }

  /** Those whose names begin with these words: `consensus`. */
  group(prefix: string): readonly Command[] {
    return this.commands.filter(command => namesOf(command).some(name => name.startsWith(`${prefix} `)))
  }

  /** The command that was probably meant. */
  nearest(said: string): string | undefined {
    const groups = this.names.map(name => name.split(' ')[0] ?? name)
    const ranked = [...new Set([...this.names, ...groups])]
      .map(name => ({ name, typos: distance(said, name) }))
      .sort((one, other) => one.typos - other.typos)
    const [best] = ranked
    return best && best.typos <= Math.min(typosMax, Math.floor(said.length / 2)) ? best.name : undefined
  }
}

function namesOf({ name, aliases }: Command): readonly string[] {
  return [name, ...aliases]
}

/** Letters to add, take away or replace, or neighbours to swap (optimal string alignment). */
function distance(one: string, other: string): number {
  let [before, last] = [[] as number[], Array.from({ length: other.length + 1 }, (_, at) => at)]
  for (let row = 1; row <= one.length; row++) {
    const next = [row]
    for (let column = 1; column <= other.length; column++) {
      const isSame = one[row - 1] === other[column - 1]
      const [left = 0, above = 0, across = 0] = [next[column - 1], last[column], last[column - 1]]
      let best = Math.min(left + 1, above + 1, across + (isSame ? 0 : 1))
      const isSwap = one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1]
      if (row > 1 && column > 1 && isSwap) best = Math.min(best, (before[column - 2] ?? 0) + 1)
      next.push(best)
    }
    before = last
    last = next
  }
  return last[other.length] ?? 0
}
