// The few parts of mocha that the compliance runs use; it ships no types.
declare module 'mocha' {
  export interface Test {
    fullTitle(): string
    readonly err?: Error
  }
  export interface Runner {
    on(event: 'pass' | 'pending', listener: (test: Test) => void): this
    on(event: 'fail', listener: (test: Test, error: Error) => void): this
    on(event: 'end', listener: () => void): this
  }
  export default class Mocha {
    constructor(options?: { timeout?: number; reporter?: unknown; grep?: RegExp; invert?: boolean })
    readonly suite: { emit(event: 'pre-require', context: object, file: string | undefined, mocha: Mocha): void }
    grep(pattern: RegExp): this
    invert(): this
    run(done?: (failures: number) => void): Runner
  }
}

declare module 'mocha/mocha.js' {
  import type Mocha from 'mocha'

  const mocha: Mocha & { setup(options: { ui: 'bdd'; timeout: number; reporter: unknown; checkLeaks?: boolean }): void }
  export default mocha
}
