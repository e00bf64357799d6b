export { IdentityModule } from './identity.module.ts';
export { Founding } from './organizations/found.ts';
export { Membership } from './organizations/membership.ts';
export { Organization } from './organizations/organization.ts';
export { Sessions } from './sessions/sessions.ts';
export { Register } from './users/register.ts';
export { User } from './users/user.ts';
