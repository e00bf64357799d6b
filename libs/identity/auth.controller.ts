import { controller, del, get, patch, post } from '#kernel';
import { acceptInvitation } from './members/accept-invitation.ts';
import { EndOtherSessions, EndSession } from './sessions/end-session.ts';
import { ListSessions, SessionView } from './sessions/list-sessions.ts';
import { logIn } from './sessions/log-in.ts';
import { Ended, logOut } from './sessions/log-out.ts';
import { Me, MeView } from './sessions/me.ts';
import { Paging } from './sessions/paging.ts';
import { refresh } from './sessions/refresh.ts';
import { switchOrganization } from './sessions/switch-organization.ts';
import { changePassword } from './users/change-password.ts';
import { ChoosePassword, ChosenPassword } from './users/choose-password.ts';
import { ForgetPassword, Forgotten, Promised } from './users/forget-password.ts';
import { register } from './users/register.ts';
import { AccountChanges, UpdateAccount } from './users/update-account.ts';
import { Account } from './users/user.ts';
import { EmailProof, ResendVerification, VerifyEmail } from './users/verify-email.ts';
import { z } from 'zod';

export const AuthController = controller(
  'auth',
  {
    register,
    login: logIn,
    refresh,
    logout: logOut,
    me: get('me', Me, { does: 'Who you are, where you belong and what you may do', answers: MeView }),
    update: patch('me', UpdateAccount, {
      does: 'Change your name',
      body: AccountChanges,
      answers: Account,
      example: { name: 'Ada Lovelace' },
    }),
    sessions: get('sessions', ListSessions, { does: 'List your open sessions', query: Paging, answers: z.array(SessionView) }),
    endSession: del('sessions/:id', EndSession, { does: 'End one of your sessions', answers: 'deleted' }),
    endOtherSessions: del('sessions', EndOtherSessions, { does: 'End all your sessions but this one', answers: Ended }),
    forgotPassword: post('password/forgot', ForgetPassword, {
      does: 'Ask for a link to choose a new password',
      body: Forgotten,
      answers: Promised,
      secret: true,
      example: { email: 'ada@example.com' },
    }),
    resetPassword: post('password/reset', ChoosePassword, {
      does: 'Choose a password with the link of a letter; all sessions end',
      body: ChosenPassword,
      answers: Account,
      secret: true,
      problems: ['link.ended', 'user.weak_password'],
    }),
    changePassword,
    verifyEmail: post('email/verify', VerifyEmail, {
      does: 'Confirm an e-mail address with the link of a letter',
      body: EmailProof,
      answers: Account,
      secret: true,
      problems: ['link.ended'],
    }),
    resendVerification: post('email/resend', ResendVerification, {
      does: 'Have the link to confirm your e-mail address sent again',
      answers: Promised,
      secret: true,
    }),
    acceptInvitation,
    switchOrganization,
  },
  { tag: 'auth' },
);
