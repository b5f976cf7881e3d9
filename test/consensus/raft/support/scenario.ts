/** A test that must pass on the core as it is and fail on the core with any of the given rules broken. */
import { expect, test } from 'vitest'
import * as core from '../../../../src/consensus/raft/index.ts'
import { loadMutant, type Mutation, type RaftModule } from '../../../../src/simulator/raft/load-mutant.ts'

export type Fault = Omit<Mutation, 'name'> & { readonly broken: string }

export function scenario(name: string, faults: readonly [Fault, ...Fault[]], run: (core: RaftModule) => void): void {
  test(name, () => run(core))
  for (const { broken, ...replacement } of faults)
    test(
      `${name} (notices: ${broken})`,
      async () => {
        const mutant = await loadMutant({ name: broken, ...replacement })
        expect(failureOf(() => run(mutant))).toMatch(/^(AssertionError|InvariantError|Unsettled)$/)
      },
      WAIT_MS,
    )
}

/** Building a mutant takes a busy machine a while, ms. */
const WAIT_MS = 60_000

/** A mutant must be refuted by an expectation or an invariant, not by falling over its own feet. */
function failureOf(run: () => void): string {
  try {
    run()
  } catch (error) {
    return error instanceof Error ? error.name : String(error)
  }
  return 'nothing failed'
}
