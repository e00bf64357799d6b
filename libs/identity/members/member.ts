import { choice, email, List, moment, readOnly, ROLES, text, texts, uuid, whole } from '#kernel';
import { z } from 'zod';
import type { User } from '../users/user.ts';
import { Invitation, type Membership } from './membership.ts';

/** A membership together with the person: what lists of members show. Its id is the user's. */
export class Member extends readOnly(
  'member',
  {
    organizationId: uuid(),
    userId: uuid(),
    email: email(),
    name: text({ max: 200 }),
    role: choice(ROLES),
    permissionSets: texts(),
    status: choice(['active', 'invited', 'left']),
    createdAt: moment(),
    updatedAt: moment(),
    version: whole(),
  },
  {
    scope: 'platform',
    from: `select u.id, m.organization_id, m.user_id, u.email, u.name, m.role, m.permission_sets, m.status, m.created_at, m.updated_at, m.version
      from membership m join "user" u on u.id = m.user_id`,
  },
) {}

export const MemberView = Member.view(
  'id',
  'organizationId',
  'userId',
  'email',
  'name',
  'role',
  'permissionSets',
  'status',
  'createdAt',
  'updatedAt',
  'version',
);

/** Those who have left are shown to whoever asks for them: `status=left`. */
export const memberList = new List(MemberView, {
  sorts: ['name', 'email', 'role', 'createdAt'],
  filters: ['role', 'status', 'name', 'email', 'permissionSets', 'createdAt'],
  usual: { 'status[ne]': 'left' },
  standard: 'name',
});

/** In wire form: the membership was just written, and a read would not see it yet. */
export const shown = (membership: Membership, { id, name, email: address }: User) =>
  MemberView.show({ ...membership, id, userId: id, name, email: address });

export const InvitationView = Invitation.view(
  'id',
  'organizationId',
  'email',
  'role',
  'permissionSets',
  'invitedBy',
  'expiresAt',
  'acceptedAt',
  'revokedAt',
  'createdAt',
  'version',
);

/** Pending ones, unless others are asked for. */
export const invitationList = new List(InvitationView, {
  sorts: ['createdAt', 'expiresAt', 'email'],
  filters: ['email', 'role', 'acceptedAt', 'revokedAt', 'expiresAt', 'createdAt'],
  usual: { 'accepted_at[is_null]': 'true', 'revoked_at[is_null]': 'true' },
});

/** Either a member at once, or a place kept for somebody without a confirmed account: then `status` is invited and `user_id` null. */
export const AddedMember = z
  .object({
    id: z.guid(),
    organization_id: z.guid(),
    user_id: z.guid().nullable(),
    invitation_id: z.guid().nullable(),
    email: z.string(),
    name: z.string().nullable(),
    role: z.enum(ROLES),
    permission_sets: z.array(z.string()),
    status: z.enum(['active', 'invited']),
  })
  .meta({ id: 'AddedMember' });
