import type { ImportedResource } from '../guess-columns.ts';
import { companies } from './companies.ts';
import { contacts } from './contacts.ts';
import { deals } from './deals.ts';
import type { Target } from './target.ts';

const TARGETS: Record<ImportedResource, Target> = { contact: contacts, company: companies, deal: deals };

export const targetOf = (resource: ImportedResource): Target => TARGETS[resource];
