/** How the settings of the room are laid out: words beside what can be changed, under each other where that is narrow. */
import { css } from 'lit'

export const settingsStyles = css`
  :host {
    padding: 16px 0 0;
    border: 0;
    container-type: inline-size;
  }
  form {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
  }
  .row {
    display: grid;
    grid-template-columns: minmax(0, 1fr) minmax(0, 13rem);
    grid-template-areas: 'label control' 'words control';
    gap: 0 24px;
    padding: 10px 0;
    border-top: 1px solid var(--hairline);
  }
  h4 + p {
    margin-bottom: 8px;
  }
  label {
    grid-area: label;
    align-self: center;
  }
  .words {
    grid-area: words;
    display: grid;
    gap: 2px;
  }
  .state span {
    margin-inline-end: 4px;
  }
  .control {
    grid-area: control;
    display: flex;
    align-items: center;
    align-self: start;
    gap: 8px;
  }
  .control .field {
    margin: 0;
  }
  .control span {
    flex: none;
  }
  .field:disabled {
    color: var(--ink-quiet);
    background: var(--paper-sunk);
  }
  .mark {
    display: flex;
    align-items: flex-start;
    gap: 6px;
  }
  .mark .icon {
    margin-top: 2px;
  }
  .actions {
    padding: 8px 0;
  }
  @container (width < 460px) {
    .row {
      grid-template-columns: minmax(0, 1fr) minmax(0, 10.5rem);
      grid-template-areas: 'label control' 'words words';
      gap: 4px 12px;
    }
  }
`
