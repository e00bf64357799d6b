import { Callers, Context, Read, settings } from '#kernel';
import { ApiKey } from './api-keys/api-key.ts';
import { AuthController } from './auth.controller.ts';
import { identityPermissions } from './identity.permissions.ts';
import { Operator, OperatorSession } from './operators/operator.ts';
import { Founding } from './organizations/found.ts';
import { Invitation, Membership } from './organizations/membership.ts';
import { Organization } from './organizations/organization.ts';
import { RememberedCallers } from './sessions/callers.ts';
import { ApiKeyStrategy, BearerStrategy, OperatorStrategy } from './sessions/proof.ts';
import { RefreshToken, Session } from './sessions/session.ts';
import { Sessions } from './sessions/sessions.ts';
import { Tokens } from './tokens.ts';
import { Register } from './users/register.ts';
import { OneTimeToken, User } from './users/user.ts';

const tokens = () => new Tokens({ issuer: settings.PUBLIC_URL, secretKey: settings.SECRET_KEY, accessKeys: settings.ACCESS_KEYS as never });

@Context({
  entities: [User, OneTimeToken, Organization, Membership, Invitation, Session, RefreshToken, ApiKey, Operator, OperatorSession],
  permissions: identityPermissions,
  controllers: [AuthController],
  useCases: [Register],
  providers: [
    { provide: Tokens, useFactory: tokens },
    { provide: Callers, useFactory: (read: Read) => new RememberedCallers(read), inject: [Read] },
    Sessions,
    Founding,
    BearerStrategy,
    OperatorStrategy,
    ApiKeyStrategy,
  ],
})
export class IdentityModule {}
