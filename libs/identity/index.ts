export { IdentityModule } from './identity.module.ts';
export { Membership } from './organizations/membership.ts';
export { Organization } from './organizations/organization.ts';
export { User } from './users/user.ts';
export { Register } from './users/register.ts';
