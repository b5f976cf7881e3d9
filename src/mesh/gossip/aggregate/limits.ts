/** Limits of aggregation. Each is named with its unit. */

/** Numbers that one peer gives, each under a name, and computations that it knows of. */
export const aggregatesMax = 64
export const aggregateNameCharsMax = 64
/** A share goes to one peer this often, ms. */
export const roundMs = 100
/** Who gives a number within so much of a computation's start is counted in it, ms. */
export const gatherMs = 200
/** Shares that differ by more than this are not one estimate yet. */
export const agreementShare = 5 / 10_000
/** Rounds after which a computation ends, whether its peers agree or not. */
export const roundsMax = 200
/** A computation is remembered for so long after its end, so that what comes late of it does not begin it again, ms. */
export const rememberedMs = 30_000
/** Computations that one call asks for at most, where peers leave in the middle of them. */
export const attemptsMax = 4
/** A share that was not acknowledged is sent again after so long, ms. */
export const shareTimeoutMs = 200
