import { controller, post } from '#kernel';
import { z } from 'zod';
import { Register, Registration } from './users/register.ts';

const Registered = z.object({ access_token: z.string() }).meta({ id: 'Registered' });

export const AuthController = controller(
  'auth',
  { register: post('register', Register, { does: 'Register a user and an organization', body: Registration, answers: Registered, status: 201, secret: true }) },
  { tag: 'auth' },
);
