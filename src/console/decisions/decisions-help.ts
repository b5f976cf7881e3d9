/** The few ideas behind the panel, in plain words, for whoever asks. */
import { css, html, LitElement } from 'lit'
import { icon } from '../look/icons.ts'
import { sharedStyles } from '../look/styles.ts'
import { sectionStyles } from './section-styles.ts'

const topics: readonly (readonly [question: string, answer: string])[] = [
  [
    'Why is there a leader?',
    'Tabs that change the same thing at the same time must agree on an order. They let one of them, the leader, put all changes into one list, ' +
      'the log. A change counts as decided once more than half of the voters have it on disk.',
  ],
  [
    'How does a tab become the leader?',
    'A voter that hears nothing from a leader asks the others for their votes. Each gives one vote per term, and only to somebody who has ' +
      'everything that was decided. Who gets more than half leads. So there is never more than one leader per term, and none that has forgotten something.',
  ],
  [
    'What happens if the leader’s tab is closed?',
    'The others notice, one of them asks for votes, and a new term begins with a new leader. That takes a moment, in which writes wait. Nothing decided ' +
      'is lost, because more than half have it. Another tab of the same browser goes on with the closed tab’s copy, so its vote is not lost either.',
  ],
  [
    'Why are more than half needed?',
    'Any two groups of more than half share at least one voter, who knows what the first group decided. With 5 voters, 3 are enough and 2 may be lost; ' +
      'with 3, 2 are enough and 1 may be lost. Cut off with fewer, a tab refuses to decide, since the others may be deciding something else.',
  ],
  [
    'What are voters and learners?',
    'Voters count for “more than half”. Learners have a copy too but no vote: tabs beyond the few voters, and newcomers that are still catching up. ' +
      'All other tabs decide through the leader.',
  ],
  [
    'What does a version mean?',
    'Each change of the register has a number that only grows, the same in every tab. “Only if it still holds” changes a value only where nobody else ' +
      'changed it first, so two people never overwrite each other unseen.',
  ],
]

export class DecisionsHelp extends LitElement {
  static override styles = [
    sharedStyles,
    sectionStyles,
    css`
      :host {
        padding-bottom: 32px;
      }
      summary {
        display: flex;
        align-items: center;
        gap: 6px;
        padding: 5px 0;
        list-style: none;
        cursor: pointer;
      }
      summary::-webkit-details-marker {
        display: none;
      }
      summary .icon {
        color: var(--ink-quiet);
        rotate: -90deg;
        transition: rotate var(--quick);
      }
      [open] summary .icon {
        rotate: 0deg;
      }
      details p {
        padding: 0 0 8px 22px;
        max-width: 62ch;
      }
    `,
  ]

  override render() {
    return html`<h3>In plain words</h3>
      ${topics.map(
        ([question, answer]) => html`<details>
          <summary>${icon('down')}${question}</summary>
          <p class="small quiet">${answer}</p>
        </details>`,
      )}`
  }
}
customElements.define('decisions-help', DecisionsHelp)
