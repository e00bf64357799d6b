import type { DerivedSecrets } from '../tokens.ts';

const PREFIX = 'tsi_';

/** The secret in the link. It names its organization, in which whoever accepts is not yet; the rest follows from the invitation's id. */
export const invitationSecret = (secrets: DerivedSecrets, organizationId: string, id: string) =>
  `${PREFIX}${Buffer.from(organizationId.replaceAll('-', ''), 'hex').toString('base64url')}${secrets.of('invitation', id)}`;

/** The organization a secret names; nothing is proven by that. Undefined when it is no such secret. */
export function organizationIn(secret: string): string | undefined {
  if (!/^tsi_[\w-]{65}$/.test(secret)) return undefined;
  const hex = Buffer.from(secret.slice(PREFIX.length, PREFIX.length + 22), 'base64url').toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
