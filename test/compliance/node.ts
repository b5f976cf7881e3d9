/** The transport suite in Node, over memory links. Run: `npx tsx test/compliance/node.ts`. */
import '../../src/base/with-resolvers.ts'
import Mocha from 'mocha'
import { MemoryHub } from '../../src/link/memory.ts'
import { collect, conclude, Silent } from './report.ts'
import { testTimeoutMs, transportSuite } from './suite.ts'

const mocha = new Mocha({
  timeout: testTimeoutMs,
  reporter: Silent,
  ...(process.env.GREP && { grep: new RegExp(process.env.GREP) }),
})
mocha.suite.emit('pre-require', globalThis, undefined, mocha)
transportSuite({
  scheme: 'memory',
  pair: (dialer, listener) => {
    const hub = new MemoryHub({ onePerPeer: false })
    return { dialer: hub.provider(dialer), listener: hub.provider(listener) }
  },
  aliases: ['/memory/alias'],
})
conclude('compliance, memory links in Node', await collect(mocha.run()))
// libp2p's echo service keeps timers of its own; nothing of ours is waited for.
process.exit()
