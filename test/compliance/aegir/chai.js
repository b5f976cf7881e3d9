// Stands in for `aegir/chai`: chai with the plugins that libp2p's suites call. Order matters (chaijs/chai#1298).
import chai from 'chai'
import chaiAsPromised from 'chai-as-promised'
import chaiBites from 'chai-bites'
import chaiParentheses from 'chai-parentheses'
import chaiString from 'chai-string'
import chaiSubset from 'chai-subset'

for (const plugin of [chaiAsPromised, chaiParentheses, chaiSubset, chaiBites, chaiString]) chai.use(plugin)

export const { expect, assert } = chai
export { chai }
