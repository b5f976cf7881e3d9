/** A dialog over the page: its width, its heading, and the cross that closes it. */
import { css } from 'lit'

export const dialogStyles = css`
  wa-dialog {
    --width: 34rem;
  }
  .head {
    display: flex;
    align-items: center;
    justify-content: space-between;
    margin-bottom: 16px;
  }
  .close {
    padding: 8px;
    margin: -8px;
  }
`
