import { controller, del, listing, patch, post, single } from '#kernel';
import { AddMember } from './add-member.ts';
import { ClaimMember, RealEmail } from './claim-member.ts';
import { InviteMember } from './invite-member.ts';
import { NewMember } from './join.ts';
import { AddedMember, invitationList, InvitationView, Member, memberList, MemberView } from './member.ts';
import { Invitation } from './membership.ts';
import { reaches } from './rank.ts';
import { mayRemove, RemoveMember } from './remove-member.ts';
import { ResendInvitation, RevokeInvitation } from './resend-invitation.ts';
import { MemberChanges, UpdateMember } from './update-member.ts';

const isPending = ({ accepted_at, revoked_at, role }: Record<string, unknown>) => !accepted_at && !revoked_at && reaches(role);
const example = { email: 'grace@example.com', role: 'member' };

export const MembersController = controller(
  'organizations/:organization_id/members',
  {
    list: listing('', memberList, 'List the members'),
    add: post('', AddMember, {
      does: 'Take somebody in: at once if there is an account whose e-mail is confirmed, else by invitation',
      body: NewMember,
      answers: AddedMember,
      status: 201,
      place: ({ id, organization_id, invitation_id }) =>
        `organizations/${String(organization_id)}/${invitation_id ? 'invitations' : 'members'}/${String(id)}`,
      example,
      problems: ['member.exists', 'member.above_you', 'invitation.exists'],
    }),
    get: single(':id', MemberView, 'Read a member, by the id of the user'),
    update: patch(':id', UpdateMember, {
      does: 'Change role and permission sets; acts on the next request',
      body: MemberChanges,
      answers: MemberView,
      example: { role: 'manager' },
      when: ({ role }) => reaches(role),
      problems: ['member.above_you', 'member.raises_yourself', 'organization.last_owner'],
    }),
    claim: post(':id/claim', ClaimMember, {
      does: 'Give an imported member his real e-mail; a letter lets him choose a password',
      body: RealEmail,
      answers: MemberView,
      when: (row) => row.status === 'invited',
      problems: ['member.not_imported', 'user.email_taken'],
    }),
    remove: del(':id', RemoveMember, {
      does: 'Remove a member, or leave; records keep the name',
      answers: 'deleted',
      when: ({ id, role }) => mayRemove(id) && reaches(role),
      problems: ['member.above_you', 'organization.last_owner'],
    }),
  },
  { of: Member, tag: 'members' },
);

export const InvitationsController = controller(
  'organizations/:organization_id/invitations',
  {
    list: listing('', invitationList, 'List the pending invitations'),
    create: post('', InviteMember, {
      does: 'Invite somebody by e-mail; the link is good for a week',
      body: NewMember,
      answers: InvitationView,
      status: 201,
      example,
      problems: ['member.exists', 'member.above_you', 'invitation.exists'],
    }),
    get: single(':id', InvitationView, 'Read an invitation'),
    resend: post(':id/resend', ResendInvitation, {
      does: 'Send an invitation again, good for another week',
      answers: InvitationView,
      when: isPending,
    }),
    revoke: del(':id', RevokeInvitation, { does: 'Take an invitation back', answers: 'deleted', when: isPending }),
  },
  { of: Invitation, tag: 'members' },
);
