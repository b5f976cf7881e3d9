/** The capabilities that every tab brings along. */
import { MeshError } from '../base/errors.ts'
import type { Json } from '../base/json.ts'
import type { Capability, Prepared } from './capability.ts'
import { countWordsCapability } from './text/count-words.ts'
import { grepCapability } from './text/grep.ts'

const builtIn = new Map<string, Capability>(
  [countWordsCapability, grepCapability].map(capability => [capability.name, capability]),
)

export const builtInNames: readonly string[] = [...builtIn.keys()]

export function prepare(name: string, options: Json): Prepared {
  const capability = builtIn.get(name)
  if (!capability) throw new MeshError('no-capable-agent', `No agent can handle: ${name}`)
  return capability.prepare(options)
}
