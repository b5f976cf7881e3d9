/** Values are written here as commands write them. */
export * from '../command/format.ts'
