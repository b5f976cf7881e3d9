/** The checker against verdicts that others have published. Skipped where ../shared is absent, except in CI. */
import { expect, test } from 'vitest'
import { checkLinearizable } from '../../../src/simulator/checkers/linearizability.ts'
import { appendModel, registerModel } from '../../../src/simulator/checkers/models.ts'
import { historiesPresent, jepsenVerdicts, keyValueFiles, readJepsen, readKeyValue } from './porcupine-histories.ts'

test.runIf(process.env.CI)('finds the published histories in CI', () => expect(historiesPresent).toBe(true))
if (!historiesPresent) console.warn('skipped: ../shared/conformance/porcupine is absent')

test.skipIf(!historiesPresent)('is given all 102 Jepsen histories and all key-value histories', () => {
  expect(jepsenVerdicts()).toHaveLength(102)
  expect(keyValueFiles().length).toBeGreaterThanOrEqual(6)
})

test.for(jepsenVerdicts())('gives the published verdict on %s: %s', ([file, linearizable]) => {
  const operations = readJepsen(file)
  expect(operations.length).toBeGreaterThan(20)
  const verdict = checkLinearizable(registerModel, operations)
  expect(verdict.kind).toBe(linearizable ? 'linearizable' : 'not-linearizable')
})

test.for(keyValueFiles())('gives the verdict in its name on %s', file => {
  const operations = readKeyValue(file)
  expect(operations.length).toBeGreaterThan(20)
  const verdict = checkLinearizable(appendModel, operations)
  expect(verdict.kind).toBe(file.includes('ok') ? 'linearizable' : 'not-linearizable')
})
