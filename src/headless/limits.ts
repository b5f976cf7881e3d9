/** Limits of what a Node peer keeps on its disk. Each is named with its unit. */

/** Version of the files of shared state; another one is not read. */
export const sharedSchemaVersion = 1
/** Files of shared state of one room together, bytes. */
export const sharedFolderBytesMax = 1024 * 1024 * 1024
