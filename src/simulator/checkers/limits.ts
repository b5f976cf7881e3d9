/** Steps of the search for one key, after which the checker says `undecided`; about 20 s of work. */
export const checkStepsMax = 20_000_000
