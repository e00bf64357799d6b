import { email, moment, platform, ref, text } from '#kernel';

/** Whoever runs the deployment; not a member of any organization. */
export class Operator extends platform(
  'operator',
  {
    email: email(),
    name: text({ max: 200 }),
    passwordHash: text().secret(),
    disabledAt: moment().optional(),
  },
  { unique: [{ on: ['email'] }] },
) {}

/** One login of an operator. */
export class OperatorSession extends platform('operator_session', {
  operatorId: ref(() => Operator),
  expiresAt: moment(),
  revokedAt: moment().optional(),
}) {}
