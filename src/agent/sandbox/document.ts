/**
 * The sandbox frame's document. `public/sandbox.html` is this text (a test compares them), for pages whose own Content-Security-Policy
 * would forbid an inline document; elsewhere it serves as `srcdoc`. Its policy lies inside it, so it needs no HTTP header.
 *
 * The frame has an opaque origin: no storage, no cookies, no channel to the page but the port it is given. Its workers inherit its
 * policy, so they reach no network. It runs each typed function in a blob worker of its own and passes on only what it expects.
 */
import { partialBytesMax, resultBytesMax } from '../../work/limits.ts'
import { messageCharsMax } from './limits.ts'

const framePolicy = "default-src 'none'; script-src 'unsafe-inline' blob:; worker-src blob:"
export const frameGreeting = 'tabmesh-sandbox'

const resultMax = Math.max(partialBytesMax, resultBytesMax)

const frameScript = `'use strict'
addEventListener('message', function greet(event) {
  if (event.source !== parent || event.data !== '${frameGreeting}' || !event.ports[0]) return
  removeEventListener('message', greet)
  const port = event.ports[0]
  const running = new Map()

  function end(id) {
    const run = running.get(id)
    if (!run) return
    running.delete(id)
    run.worker.terminate()
    URL.revokeObjectURL(run.url)
  }

  function fail(id, message) {
    if (!running.has(id)) return
    end(id)
    port.postMessage({ kind: 'failed', id, code: 'function-failed', message: String(message).slice(0, ${messageCharsMax}) })
  }

  function pass(id, said) {
    const run = running.get(id)
    if (!run || typeof said !== 'object' || said === null) return
    if (said.kind === 'ready' && !run.isReady) {
      run.isReady = true
      port.postMessage({ kind: 'ready', id })
    } else if (said.kind === 'done' && said.bytes instanceof Uint8Array && said.bytes.length <= ${resultMax}) {
      end(id)
      port.postMessage({ kind: 'done', id, bytes: said.bytes }, [said.bytes.buffer])
    } else if (said.kind === 'failed') {
      end(id)
      const code = said.code === 'too-large' ? 'too-large' : 'function-failed'
      port.postMessage({ kind: 'failed', id, code, message: String(said.message).slice(0, ${messageCharsMax}) })
    }
  }

  // Firefox does not say what is wrong with a script that it cannot read; it does to a script that imports it.
  function explain(id) {
    const run = running.get(id)
    if (!run) return
    const script =
      'const say = postMessage.bind(self); try { importScripts(' + JSON.stringify(run.url) + '); say("It cannot be read.") }' +
      ' catch (error) { say(error + (error.lineNumber > 0 ? " (line " + error.lineNumber + ")" : "")) }'
    const url = URL.createObjectURL(new Blob([script], { type: 'text/javascript' }))
    run.worker = new Worker(url)
    run.worker.onmessage = event => {
      URL.revokeObjectURL(url)
      fail(id, event.data)
    }
    run.worker.onerror = event => {
      event.preventDefault()
      URL.revokeObjectURL(url)
      fail(id, 'It cannot be read.')
    }
  }

  port.onmessage = ({ data }) => {
    const { kind, id } = data
    if (kind === 'stop') {
      end(id)
      port.postMessage({ kind: 'stopped', id })
      return
    }
    const url = URL.createObjectURL(new Blob([data.script], { type: 'text/javascript' }))
    const worker = new Worker(url)
    running.set(id, { worker, url, isReady: false })
    worker.onmessage = event => pass(id, event.data)
    worker.onerror = event => {
      event.preventDefault()
      if (event.message === undefined) return explain(id)
      const line = event.lineno > 0 ? ' (line ' + event.lineno + ')' : ''
      fail(id, event.message.replace(/^Uncaught /, '') + line)
    }
    worker.postMessage(data.input)
  }
})
parent.postMessage('${frameGreeting}', '*')
`

export const sandboxDocument = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${framePolicy}">
<title>tabmesh code sandbox</title>
<script>
${frameScript}</script>
</html>
`
