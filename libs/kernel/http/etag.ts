import { hash } from 'node:crypto';

/**
 * The ETag of a record as it is shown: its version, which `If-Match` asks for, and a hash of what is said of it. For more than its own row is
 * shown (an invoice falls overdue, an assignee gets another name, a caller another role), and none of that moves its version.
 */
export const etagOf = (version: number, shown: string) => `"v${version}.${hash('sha1', shown, 'base64url').slice(0, 11)}"`;

/** The version an ETag names; whoever knows a version alone may say `"v7"`. */
export function versionOf(etag: string): number | undefined {
  const version = /^"v(\d+)(?:\.[\w-]{11})?"$/.exec(etag)?.[1];
  return version === undefined ? undefined : Number(version);
}

/** Whether `If-None-Match` names this ETag; compared weakly, as RFC 9110 has it. */
export const isKnown = (etag: string, ifNoneMatch: string) =>
  ifNoneMatch === '*' || ifNoneMatch.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
