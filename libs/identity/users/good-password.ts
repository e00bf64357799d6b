import { problem } from '#kernel';
import { passwordProblem } from '../passwords.ts';

export const weakPassword = problem('user.weak_password', 422, 'This password is too short, too long or too common');

/** @throws user.weak_password */
export function goodPassword(password: string, email: string): void {
  const weak = passwordProblem(password, email);
  if (weak) throw weakPassword(undefined, { details: [{ pointer: '/password', code: weak, message: weakPassword.problem.title }] });
}
