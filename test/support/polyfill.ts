import '../../src/base/with-resolvers.ts'
