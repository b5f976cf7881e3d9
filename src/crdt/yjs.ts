/** Yjs, for those layers that may not name it: one copy, so that its types are the same everywhere. */
export * from 'yjs'
