/** Lets a MeshError keep its code across comlink, which by itself carries only a message. Imported by both ends. */
import { transferHandlers } from 'comlink'
import { MeshError, type MeshErrorCode, type Outcome } from '../base/errors.ts'

interface WireError {
  readonly code: MeshErrorCode | undefined
  readonly name: string
  readonly message: string
  readonly outcome: Outcome | undefined
}

interface Thrown {
  readonly value: unknown
}

const original = transferHandlers.get('throw')

transferHandlers.set('throw', {
  canHandle: (value): value is Thrown => original?.canHandle(value) ?? false,
  serialize({ value }: Thrown): [WireError, Transferable[]] {
    const isError = value instanceof Error
    return [
      {
        code: value instanceof MeshError ? value.code : undefined,
        name: isError ? value.name : 'Error',
        message: isError ? value.message : String(value),
        outcome: value instanceof MeshError ? value.outcome : undefined,
      },
      [],
    ]
  },
  deserialize({ code, name, message, outcome }: WireError): never {
    if (code) throw new MeshError(code, message, { outcome })
    throw Object.assign(new Error(message), { name })
  },
})
