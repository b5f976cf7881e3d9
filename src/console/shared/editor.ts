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
    opacity: '0.95',
    transition: 'none',
  },
  '.cm-ySelectionCaretDot': { display: 'none' },
})

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
  return () => {
    awareness.setLocalStateField('cursor', null)
    view.destroy()
  }
}
