import { Bus, Callers, Context, Read, settings } from '#kernel';
import { ApiKey } from './api-keys/api-key.ts';
import { ApiKeysController } from './api-keys/api-keys.controller.ts';
import { CreateApiKey } from './api-keys/create-api-key.ts';
import { RevokeApiKey } from './api-keys/revoke-api-key.ts';
import { UseApiKey } from './api-keys/use-api-key.ts';
import { AuditController } from './audit/audit.controller.ts';
import { AuthController } from './auth.controller.ts';
import { identityPermissions } from './identity.permissions.ts';
import { SendInvitation } from './letters/send-invitation.ts';
import { SendMembershipLetter } from './letters/send-membership-letter.ts';
import { SendOneTimeLetter } from './letters/send-one-time-letter.ts';
import { SendPasswordChanged } from './letters/send-password-changed.ts';
import { AcceptInvitation, TakePlace } from './members/accept-invitation.ts';
import { AddMember } from './members/add-member.ts';
import { ClaimMember } from './members/claim-member.ts';
import { ImportMembers } from './members/import-members.ts';
import { InviteMember } from './members/invite-member.ts';
import { InvitationsController, MembersController } from './members/members.controller.ts';
import { Invitation, Membership } from './members/membership.ts';
import { RemoveMember } from './members/remove-member.ts';
import { ResendInvitation, RevokeInvitation } from './members/resend-invitation.ts';
import { TransferOwnership } from './members/transfer-ownership.ts';
import { UpdateMember } from './members/update-member.ts';
import { CustomersController, OperatorAuthController } from './operators/admin.controller.ts';
import { CreateOperator } from './operators/create-operator.ts';
import { GetCustomer, ListCustomers, ResumeOrganization, SuspendOrganization, UpdateCustomer } from './operators/customers.ts';
import { DisableOperator, EnableOperator } from './operators/disable-operator.ts';
import { ListOperators } from './operators/list-operators.ts';
import { LogInOperator, LogOutOperator } from './operators/log-in-operator.ts';
import { Operator, OperatorSession } from './operators/operator.ts';
import { ResetOperatorPassword } from './operators/reset-operator-password.ts';
import { CreateOrganization, FoundOrganization } from './organizations/create-organization.ts';
import { DeleteOrganization } from './organizations/delete-organization.ts';
import { Founding } from './organizations/found.ts';
import { MyOrganizations } from './organizations/my-organizations.ts';
import { Organization, STANDARD } from './organizations/organization.ts';
import { OrganizationsController } from './organizations/organizations.controller.ts';
import { UpdateOrganization } from './organizations/update-organization.ts';
import { RememberedCallers } from './sessions/callers.ts';
import { Credentials } from './sessions/credentials.ts';
import { EndOtherSessions, EndSession } from './sessions/end-session.ts';
import { ListSessions } from './sessions/list-sessions.ts';
import { LogIn } from './sessions/log-in.ts';
import { LogOut } from './sessions/log-out.ts';
import { Me } from './sessions/me.ts';
import {
  ApiKeyStrategy,
  BearerStrategy,
  LocalStrategy,
  OperatorLocalStrategy,
  OperatorStrategy,
  PasswordStrategy,
} from './sessions/proof.ts';
import { Refresh, Rotate } from './sessions/refresh.ts';
import { LoginFailure, RefreshToken, Session } from './sessions/session.ts';
import { Sessions } from './sessions/sessions.ts';
import { SwitchOrganization } from './sessions/switch-organization.ts';
import { type AccessKey, DerivedSecrets, Tokens } from './tokens.ts';
import { ChangePassword } from './users/change-password.ts';
import { ChoosePassword, SetChosenPassword } from './users/choose-password.ts';
import { CreateUser, ResetPassword } from './users/create-user.ts';
import { ForgetPassword, StartPasswordReset } from './users/forget-password.ts';
import { NewPassword } from './users/new-password.ts';
import { NoteAccountChange, NoteArrival } from './users/note-account-change.ts';
import { OneTime } from './users/one-time.ts';
import { OpenAccount, Register } from './users/register.ts';
import { UpdateAccount } from './users/update-account.ts';
import { OneTimeToken, User } from './users/user.ts';
import { ResendVerification, VerifyEmail } from './users/verify-email.ts';

const tokens = () =>
  new Tokens({ issuer: settings.PUBLIC_URL, secretKey: settings.SECRET_KEY, accessKeys: settings.ACCESS_KEYS as AccessKey[] | undefined });

const WEEK = 7 * 24;

@Context({
  entities: [
    User,
    OneTimeToken,
    Organization,
    Membership,
    Invitation,
    Session,
    RefreshToken,
    LoginFailure,
    ApiKey,
    Operator,
    OperatorSession,
  ],
  permissions: identityPermissions,
  controllers: [
    AuthController,
    OrganizationsController,
    MembersController,
    InvitationsController,
    ApiKeysController,
    AuditController,
    OperatorAuthController,
    CustomersController,
  ],
  useCases: [
    [Register, OpenAccount, LogIn, Refresh, Rotate, LogOut, Me, ListSessions, EndSession, EndOtherSessions, SwitchOrganization],
    [ForgetPassword, StartPasswordReset, ChoosePassword, SetChosenPassword, ChangePassword, CreateUser, ResetPassword],
    [UpdateAccount, VerifyEmail, ResendVerification, NoteAccountChange, NoteArrival],
    [FoundOrganization, CreateOrganization, MyOrganizations, UpdateOrganization, DeleteOrganization, TransferOwnership],
    [AddMember, UpdateMember, ClaimMember, RemoveMember, ImportMembers],
    [InviteMember, ResendInvitation, RevokeInvitation, AcceptInvitation, TakePlace],
    [CreateApiKey, RevokeApiKey, UseApiKey],
    [LogInOperator, LogOutOperator, CreateOperator, ResetOperatorPassword, DisableOperator, EnableOperator, ListOperators],
    [ListCustomers, GetCustomer, UpdateCustomer, SuspendOrganization, ResumeOrganization],
    [SendOneTimeLetter, SendInvitation, SendMembershipLetter, SendPasswordChanged],
  ].flat(),
  providers: [
    { provide: Tokens, useFactory: tokens },
    { provide: DerivedSecrets, useFactory: () => new DerivedSecrets(settings.SECRET_KEY) },
    { provide: Callers, useFactory: (read: Read, bus: Bus) => new RememberedCallers(read, bus), inject: [Read, Bus] },
    Sessions,
    Credentials,
    OneTime,
    NewPassword,
    Founding,
    BearerStrategy,
    OperatorStrategy,
    ApiKeyStrategy,
    LocalStrategy,
    OperatorLocalStrategy,
    PasswordStrategy,
  ],
  settings: STANDARD,
  housekeeping: [
    { table: 'refresh_token', where: 'expires_at < ?', hours: WEEK },
    { table: 'session', where: 'expires_at < ? and not exists (select from refresh_token r where r.session_id = session.id)', hours: WEEK },
    { table: 'one_time_token', where: 'expires_at < ?', hours: WEEK },
    { table: 'operator_session', where: 'expires_at < ?', hours: WEEK },
    { table: 'login_failure', where: 'last_at < ?', hours: 24 },
  ],
  invariants: [
    {
      name: 'always an owner',
      sql: `select count(*)::int as checked, count(*) filter (where owners = 0)::int as wrong, coalesce(array_agg(id::text) filter (where owners = 0), '{}') as examples
        from (select o.id, (select count(*) from membership m where m.organization_id = o.id and m.role = 'owner' and m.status = 'active') as owners
          from organization o where o.id = nullif(current_setting('app.tenant', true), '')::uuid and o.deleted_at is null) one`,
    },
  ],
})
export class IdentityModule {}
