/** A mutant as its file lists it: the text to find, which occurs in its file exactly once, and what to put there instead. */
export type Row = readonly [name: string, file: string, what: string, find: string, replace: string]
