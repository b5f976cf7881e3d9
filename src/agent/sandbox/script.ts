/**
 * The script of a sandbox worker: our harness, then the person's function. The harness stands on the function's first line, so that line
 * numbers in error messages are those that the person sees. It keeps `postMessage` to itself: typed code could flood the page with it.
 */
const harness = `
(() => {
  const { JSON, TextDecoder, TextEncoder, Uint8Array, String, Array, Object, Promise } = self;
  const { stringify, parse } = JSON;
  const send = self.postMessage.bind(self);
  for (const name of ['postMessage', 'close'])
    for (let scope = self; scope; scope = Object.getPrototypeOf(scope)) delete scope[name];
  const tooLarge = Symbol();
  const json = (value, what, bytesMax) => {
    const text = stringify(value);
    if (text === undefined) throw what + ' must return JSON: it returned ' + (value === undefined ? 'undefined' : 'a ' + typeof value);
    if (text.length > bytesMax) throw tooLarge;
    return text;
  };
  const calls = {
    check: () => '',
    map: async (run, { pieces, bytesMax }) => {
      const outputs = [];
      let length = 2;
      for (const { bytes, context } of pieces) {
        const output = json(await run(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes), context), 'map', bytesMax);
        length += output.length + 1;
        if (length > bytesMax) throw tooLarge;
        outputs.push(output);
      }
      return '[' + outputs.join(',') + ']';
    },
    reduce: async (run, { partials, bytesMax }) => {
      const all = [];
      for (const bytes of partials) for (const output of parse(new TextDecoder().decode(bytes))) all.push(output);
      return json(await run(all), 'reduce', bytesMax);
    },
  };
  const describe = error => {
    if (typeof error !== 'object' || error === null || typeof error.message !== 'string') return String(error);
    const at = /blob:[^\\n]*?:(\\d+):\\d+/.exec(String(error.stack));
    return String(error.name) + ': ' + error.message + (at ? ' (line ' + at[1] + ')' : '');
  };
  const answer = async input => {
    const run = self.__typed;
    try {
      if (typeof run !== 'function') throw 'This is not a function, but ' + (run === null ? 'null' : 'a ' + typeof run) + '.';
      send({ kind: 'ready' });
      const bytes = new TextEncoder().encode(await calls[input.call](run, input));
      if (bytes.length > input.bytesMax) throw tooLarge;
      send({ kind: 'done', bytes }, [bytes.buffer]);
    } catch (error) {
      if (error === tooLarge) send({ kind: 'failed', code: 'too-large', message: 'It returned more than ' + Math.floor(input.bytesMax / 1048576) + ' MB of JSON.' });
      else send({ kind: 'failed', code: 'function-failed', message: describe(error) });
    }
  };
  addEventListener('message', event => answer(event.data));
})();
`

const oneLine = harness.replace(/\n\s*/g, ' ').trim()

export function sandboxScript(source: string): string {
  // A person ends a statement with a semicolon; inside parentheses it would be a mistake.
  const expression = source.replace(/[;\s]+$/, '')
  return `'use strict'; ${oneLine} self.__typed = (${expression}\n)`
}
