/** `TABMESH_THOROUGH=1 npm test -- --only browser` runs each case in each browser, and longer; by default one case shows each rule. */
export const isThorough = process.env.TABMESH_THOROUGH !== undefined
