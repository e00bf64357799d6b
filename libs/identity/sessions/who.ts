import { actor, forbidden, unauthenticated } from '#kernel';

/** The person behind the request. @throws permission.denied for programs: an API key has no account of its own to look after */
export function signedIn(): { userId: string; sessionId: string | undefined } {
  const { kind, userId, sessionId } = actor();
  if (kind === 'nobody') throw unauthenticated();
  if (kind !== 'user' || !userId) throw forbidden('This is for a person who is signed in, not for a program');
  return { userId, sessionId };
}
