/** A compute worker that the page opens: usable at once, its calls wait until its port is here. */
import type { ComputeCall, ComputeReply, ComputeThread } from './compute-protocol.ts'

/** Opens a worker on the page and brings its port here. */
export type OpenWorker = () => Promise<{ readonly port: MessagePort; close(): void }>

export class RemoteThread implements ComputeThread {
  onmessage: ((event: { readonly data: ComputeReply }) => void) | null = null
  onerror: ((event: { readonly message?: string }) => void) | null = null
  readonly #opened: ReturnType<OpenWorker>

  constructor(open: OpenWorker) {
    this.#opened = open()
    this.#opened.then(
      ({ port }) => {
        port.onmessage = ({ data }: MessageEvent<ComputeReply>) => this.onmessage?.({ data })
      },
      error => this.onerror?.({ message: String(error) }),
    )
  }

  postMessage(call: ComputeCall): void {
    this.#opened.then(
      ({ port }) => port.postMessage(call),
      () => {}, // told by onerror
    )
  }

  terminate(): void {
    this.#opened.then(
      ({ port, close }) => {
        port.close()
        close()
      },
      () => {},
    )
  }
}
