/** Which files a job may take; asked by name, size and type only, before anything is read. Pure. */
import { inputBytesMax, inputsMax } from '../../work/limits.ts'
import { bytes, count, plural } from '../format.ts'

export interface FileFacts {
  readonly name: string
  readonly size: number
  readonly type: string
}

const notText =
  /^(image|audio|video|font)\/|^application\/(pdf|zip|gzip|octet-stream|x-.*compressed|vnd\.openxmlformats.*)$/u

/** Why these files cannot be taken, with what to do; undefined when they can. */
export function filesProblem(files: readonly FileFacts[]): string | undefined {
  const total = files.reduce((sum, file) => sum + file.size, 0)
  const most = bytes(inputBytesMax)
  if (total > inputBytesMax)
    return files.length === 1
      ? `${files[0]?.name} has ${bytes(total)}; a job takes at most ${most}. Split it, or choose a smaller one.`
      : `These ${count(files.length)} files have ${bytes(total)} together; a job takes at most ${most}. Choose fewer.`
  if (files.length > inputsMax)
    return `A job takes at most ${count(inputsMax)} files; these are ${count(files.length)}.`
  const odd = files.find(file => notText.test(file.type))
  if (odd)
    return `${odd.name} is not a text file. Jobs read plain text: .txt, .csv, .json, .html, source code and the like.`
  const isEmpty = files.length > 0 && total === 0
  return isEmpty ? `${files.length === 1 ? 'This file is' : 'These files are'} empty.` : undefined
}

/** `war-and-peace.txt`, or `3 files`. */
export function filesName(files: readonly FileFacts[]): string {
  return files.length === 1 ? (files[0]?.name ?? 'no file') : plural(files.length, 'file')
}
