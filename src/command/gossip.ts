/** `gossip config`: how shared state and rumours spread from this peer. */
import * as v from 'valibot'
import { defineCommand } from './command.ts'
import { columns, count } from './format.ts'
import { flag, share, whole } from './options.ts'

export const gossipConfig = defineCommand({
  name: 'gossip config',
  summary: 'Shows how gossip spreads from this peer; with options changes it at once',
  options: v.strictObject({
    fanout: v.optional(whole(1, 10, 'Random peers that each round compares with')),
    interval: v.optional(whole(50, 60_000, 'ms between tellings of what has changed')),
    'anti-entropy': v.optional(flag('Whether states are compared at all, changed or not')),
    'anti-entropy-interval': v.optional(whole(1_000, 600_000, 'ms between those rounds')),
    'convergence-threshold': v.optional(share('Share of peers that must hold the same, 0.5 to 1')),
  }),
  examples: ['gossip config', 'gossip config --fanout 5 --interval 50 --anti-entropy-interval 10000'],
  async run(mesh, given) {
    const names = {
      fanout: given.fanout,
      interval: given.interval,
      antiEntropy: given['anti-entropy'],
      antiEntropyInterval: given['anti-entropy-interval'],
      convergenceThreshold: given['convergence-threshold'],
    }
    const change = Object.fromEntries(Object.entries(names).filter(([, value]) => value !== undefined))
    const isChanged = Object.keys(change).length > 0
    return { isChanged, settings: isChanged ? await mesh.gossip.configure(change) : await mesh.gossip.settings() }
  },
  words({ isChanged, settings }) {
    const { fanout, interval, antiEntropy, antiEntropyInterval, convergenceThreshold } = settings
    const facts = columns([
      ['Fanout', `${count(fanout)} peers each round`],
      ['Interval', `${count(interval)} ms`],
      ['Anti-entropy', antiEntropy ? `each ${count(antiEntropyInterval)} ms` : 'off'],
      ['Converged', `when ${Math.round(100 * convergenceThreshold)} % hold the same`],
    ])
    return isChanged ? `Changed at this peer.\n\n${facts}` : facts
  },
})
