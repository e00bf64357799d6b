import type { StageKind } from './pipeline.ts';

interface Step {
  readonly name: string;
  readonly key: string;
  readonly kind: StageKind;
  readonly probability: number;
}
const step = (name: string, probability: number, kind: StageKind = 'open'): Step => ({ name, key: name.toLowerCase(), kind, probability });

/** Lines to begin with; `closed` is reached by winning or by losing. */
export const TEMPLATES = {
  standard: [step('Qualification', 10), step('Proposal', 40), step('Negotiation', 70), step('Closed', 100, 'closed')],
  prospecting: [step('Prospect', 10), step('Qualified', 25), step('Proposal', 50), step('Negotiation', 75), step('Closed', 100, 'closed')],
  simple: [step('New', 20), step('Negotiation', 60), step('Closed', 100, 'closed')],
} as const satisfies Record<string, readonly Step[]>;

export type Template = keyof typeof TEMPLATES;
export const TEMPLATE_NAMES = ['standard', 'prospecting', 'simple'] as const satisfies readonly Template[];
