/** What the troubles of a Node peer's disk are called. */
import { MeshError } from '../base/errors.ts'

/** Runs `work`; what a file system refuses it is `storage-full` or `storage-lost`, said of `what`. */
export async function guarded<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof MeshError) throw cause
    const { code } = cause as NodeJS.ErrnoException
    const isFull = code === 'ENOSPC' || code === 'EDQUOT'
    if (isFull) throw new MeshError('storage-full', `This disk has no room left for ${what}`, { cause })
    throw new MeshError('storage-lost', `The folder of ${what} cannot be used`, { cause })
  }
}
