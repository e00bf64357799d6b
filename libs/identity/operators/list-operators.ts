import { Handles, Query, Read } from '#kernel';

interface Listed {
  email: string;
  name: string;
  disabled: boolean;
}

/** All operators of the deployment, by e-mail; for the terminal. */
export class ListOperators extends Query<Listed[]> {}

@Handles(ListOperators, 'system')
class Handler {
  constructor(private readonly read: Read) {}

  execute() {
    return this.read.platform<Listed>(
      'operators',
      'select email, name, disabled_at is not null as disabled from operator order by email',
      [],
    );
  }
}
