/**
 * The reviewed list of tables without row-level security by organization, with the reason each stands here. They are reachable from the
 * kernel and identity only, and name their organization `organization_id` where they have one. Whoever adds a line changes the boundary
 * between organizations: docs/isolation.md says what to ask first.
 */
export const PLATFORM_TABLES: Record<string, string> = {
  'public.user': 'a person is known once in the whole deployment, whatever organizations he belongs to',
  'public.organization': 'the tenants themselves; read before there is a tenant',
  'public.membership': 'says which organizations a caller may name at all, so it is read before one is set',
  'public.invitation': 'accepted by its secret, by somebody who belongs to no organization yet',
  'public.session': 'a login belongs to a person, not to an organization',
  'public.refresh_token': 'rotates by its hash, before anybody is known',
  'public.one_time_token': 'redeemed by its hash, before anybody is known',
  'public.login_failure': 'counts wrong passwords, before anybody is known',
  'public.api_key': 'found by its hash; it is what says which organization is meant',
  'public.operator': 'runs the deployment and is no member of any organization',
  'public.operator_session': 'a login of an operator',
  'public.outbox': 'the relay reads across organizations; pointers and figures, no business content',
  'public.inbox': 'which reaction has seen which message: two ids',
  'public.due': 'promises are found across organizations by when they are due; pointers and figures',
  'public.idempotency': 'scoped by organization, caller, route and key in its primary key; also used before there is an organization',
  'public.mikro_orm_migrations': 'which migrations ran; the app role may only read it',
  'search.document': 'trigram indexes work outside policies only: no grant to the app role, reached through two functions that filter',
};

/** Schemas whose tables all belong to somebody else's library. */
export const FOREIGN_SCHEMAS: Record<string, string> = {
  bullmq: 'the queue: jobs only wake, they carry ids and no content',
};

/** Functions that run as their owner, and so outside the policies of the caller: each filters by the verified setting itself. */
export const DEFINERS: Record<string, string> = {
  'search.put': 'writes the words of a row of the organization that is set, refuses any other',
  'search.among': 'answers ids of the organization that is set, as search.find does',
  'search.find': 'answers ids of the organization that is set, which are then read under the policies of the caller',
};
