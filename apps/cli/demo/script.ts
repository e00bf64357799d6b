import type { Role } from '#kernel';
import { agency } from './agency.ts';
import { clinic } from './clinic.ts';

/** The password of every demo user. It protects nothing: the demo is for trying things. */
export const DEMO_PASSWORD = 'tessera demo 2026';

/** Who does it: the organization has one user in every role. */
export interface Somebody {
  readonly name: string;
  readonly role: Role;
  readonly email: string;
}
export interface DemoCompany {
  readonly name: string;
  readonly domain: string;
  readonly industry: string;
  readonly employees: number;
}
export interface DemoContact {
  readonly name: string;
  readonly email: string;
  readonly phone: string;
  readonly kinds: ('customer' | 'lead' | 'patient' | 'vendor' | 'other')[];
  readonly tags?: string[];
  readonly company?: string;
  readonly by: Role;
}
/** A deal with what became of it. Numbers of days count back from today, amounts are whole units of the organization's currency. */
export interface DemoDeal {
  readonly title: string;
  readonly contact: string;
  readonly company?: string;
  readonly amount: number;
  readonly by: Role;
  readonly source: string;
  readonly begun: number;
  readonly moves?: readonly (readonly [stage: string, daysAgo: number])[];
  readonly won?: number;
  readonly lost?: readonly [daysAgo: number, reason: string];
  readonly said?: readonly (readonly [daysAgo: number, kind: 'comment' | 'note' | 'call' | 'meeting' | 'email', text: string])[];
  /** In so many days from today; negative ones are overdue. */
  readonly task?: readonly [title: string, dueIn: number, priority: 'low' | 'normal' | 'high' | 'urgent'];
  readonly expectedIn?: number;
}
export interface DemoOrganization {
  readonly name: string;
  readonly currency: string;
  readonly timeZone: string;
  readonly staff: readonly [Somebody, ...Somebody[]];
  readonly companies: readonly DemoCompany[];
  readonly contacts: readonly DemoContact[];
  readonly deals: readonly DemoDeal[];
}

/** A clinic and an estate agency, with somebody in every role. */
export const DEMO: readonly DemoOrganization[] = [clinic, agency];
