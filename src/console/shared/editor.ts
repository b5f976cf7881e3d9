/** The editor: CodeMirror on a shared text, with the others' cursors. A chunk of its own, fetched when the panel is first looked at. */
import { EditorState } from '@codemirror/state'
import { EditorView, minimalSetup } from 'codemirror'
import { yCollab } from 'y-codemirror.next'
import type { Awareness, Doc } from '../../engine/shared-handle.ts'

const look = EditorView.theme({
  '&': { height: '100%', fontSize: '0.8125rem', color: 'var(--ink)', backgroundColor: 'var(--paper-raised)' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.6', overflow: 'auto' },
  '.cm-content': { caretColor: 'var(--ink)', padding: '18px 12px 12px' },
  '.cm-cursor': { borderLeftColor: 'var(--ink)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
    backgroundColor: 'var(--accent-quiet)',
  },
  '.cm-ySelectionInfo': {
    fontFamily: 'var(--sans)',
    fontSize: '0.6875rem',
    color: 'var(--on-peer)',
    borderRadius: '3px',
    padding: '1px 4px',
    top: '-1.5em',
    opacity: '0',
    transition: 'none',
    // A name lies on the line above: it goes when its cursor rests, and comes back when that is pointed at.
    animation: 'cursor-name 4s forwards',
  },
  '.cm-ySelectionCaret:hover > .cm-ySelectionInfo': { opacity: '0.95' },
  '@keyframes cursor-name': { '0%, 85%': { opacity: '0.95' }, '100%': { opacity: '0' } },
  '.cm-ySelectionCaretDot': { display: 'none' },
})

function restart(animation: Animation): void {
  animation.currentTime = 0
  animation.play()
}

/** Puts the document's text into `parent`; returns how to take it out again. */
export function openEditor(options: {
  readonly parent: HTMLElement
  readonly root: ShadowRoot
  readonly doc: Doc
  readonly awareness: Awareness
  readonly label: string
}): () => void {
  const { parent, root, doc, awareness, label } = options
  const text = doc.getText('text')
  const state = EditorState.create({
    doc: text.toString(),
    extensions: [
      minimalSetup,
      EditorView.lineWrapping,
      EditorView.contentAttributes.of({ 'aria-label': label }),
      look,
      yCollab(text, awareness),
    ],
  })
  const view = new EditorView({ state, parent, root })
  // A cursor that moves keeps its element, and so a name that has gone; and one at the end does not even move when its person types.
  const showNames = () => {
    for (const info of view.dom.querySelectorAll('.cm-ySelectionInfo'))
      for (const animation of info.getAnimations()) restart(animation)
  }
  const onChanged = (_: unknown, { local }: { readonly local: boolean }) => !local && showNames()
  awareness.on('change', showNames)
  text.observe(onChanged)
  return () => {
    awareness.off('change', showNames)
    text.unobserve(onChanged)
    awareness.setLocalStateField('cursor', null)
    view.destroy()
  }
}
