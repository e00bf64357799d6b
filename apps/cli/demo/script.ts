import type { Role } from '#kernel';

/** The password of every demo user. It protects nothing: outside a trial nobody seeds the demo. */
export const DEMO_PASSWORD = 'tessera demo 2026';

interface Somebody {
  readonly name: string;
  readonly role: Role;
  readonly email: string;
}
interface DemoContact {
  readonly name: string;
  readonly email: string;
  readonly phone: string;
  readonly kinds: ('customer' | 'lead' | 'patient' | 'vendor' | 'other')[];
  readonly tags?: string[];
}
export interface DemoOrganization {
  readonly name: string;
  readonly currency: string;
  readonly timeZone: string;
  readonly staff: readonly [Somebody, ...Somebody[]];
  readonly contacts: readonly DemoContact[];
}

const at = (who: string) => `${who}@demo.tessera.dev`;

const clinic: DemoOrganization = {
  name: 'Harley Street Dental',
  currency: 'GBP',
  timeZone: 'Europe/London',
  staff: [
    { name: 'Dr Amara Osei', role: 'owner', email: at('owner') },
    { name: 'Priya Raman', role: 'admin', email: at('admin') },
    { name: 'Tom Whitfield', role: 'manager', email: at('manager') },
    { name: 'Lucy Chen', role: 'member', email: at('member') },
  ],
  contacts: [
    { name: 'Eleanor Hughes', email: 'eleanor.hughes@example.com', phone: '+44 20 7946 0101', kinds: ['patient'], tags: ['whitening'] },
    { name: 'Oliver Grant', email: 'oliver.grant@example.com', phone: '+44 20 7946 0102', kinds: ['patient'], tags: ['nervous'] },
    { name: 'Sofia Marino', email: 'sofia.marino@example.com', phone: '+44 20 7946 0103', kinds: ['patient', 'customer'] },
    { name: 'James Okafor', email: 'james.okafor@example.com', phone: '+44 20 7946 0104', kinds: ['lead'], tags: ['implants'] },
    { name: 'Charlotte Webb', email: 'charlotte.webb@example.com', phone: '+44 20 7946 0105', kinds: ['patient'] },
    { name: 'Daniel Novak', email: 'daniel.novak@example.com', phone: '+44 20 7946 0106', kinds: ['lead'], tags: ['aligners'] },
    { name: 'Aisha Rahman', email: 'aisha.rahman@example.com', phone: '+44 20 7946 0107', kinds: ['patient'], tags: ['aligners'] },
    { name: 'Henry Blackwood', email: 'henry.blackwood@example.com', phone: '+44 20 7946 0108', kinds: ['patient'] },
    { name: 'Mei Tanaka', email: 'mei.tanaka@example.com', phone: '+44 20 7946 0109', kinds: ['lead'] },
    { name: 'Robert Ellis', email: 'robert.ellis@example.com', phone: '+44 20 7946 0110', kinds: ['vendor'], tags: ['laboratory'] },
    { name: 'Grace Adeyemi', email: 'grace.adeyemi@example.com', phone: '+44 20 7946 0111', kinds: ['patient'] },
    { name: 'William Turner', email: 'william.turner@example.com', phone: '+44 20 7946 0112', kinds: ['customer'], tags: ['corporate'] },
  ],
};

const agency: DemoOrganization = {
  name: 'Thames & Park Estates',
  currency: 'GBP',
  timeZone: 'Europe/London',
  staff: [
    { name: 'Victoria Lane', role: 'owner', email: at('estate-owner') },
    { name: 'Marcus Bell', role: 'admin', email: at('estate-admin') },
    { name: 'Hannah Frost', role: 'manager', email: at('estate-manager') },
    { name: 'Jack Doyle', role: 'member', email: at('estate-member') },
  ],
  contacts: [
    { name: 'Sarah Mitchell', email: 'sarah.mitchell@example.com', phone: '+44 20 7946 0201', kinds: ['lead'], tags: ['first-time buyer'] },
    { name: 'Ahmed Khalil', email: 'ahmed.khalil@example.com', phone: '+44 20 7946 0202', kinds: ['customer'], tags: ['landlord'] },
    { name: 'Emily Carter', email: 'emily.carter@example.com', phone: '+44 20 7946 0203', kinds: ['customer'], tags: ['seller'] },
    { name: 'Luca Bianchi', email: 'luca.bianchi@example.com', phone: '+44 20 7946 0204', kinds: ['lead'], tags: ['investor'] },
    { name: 'Rebecca Stone', email: 'rebecca.stone@example.com', phone: '+44 20 7946 0205', kinds: ['customer'], tags: ['seller'] },
    { name: 'George Papadakis', email: 'george.papadakis@example.com', phone: '+44 20 7946 0206', kinds: ['lead'] },
    { name: 'Natalie Wong', email: 'natalie.wong@example.com', phone: '+44 20 7946 0207', kinds: ['customer'], tags: ['tenant'] },
    { name: 'Peter Lindqvist', email: 'peter.lindqvist@example.com', phone: '+44 20 7946 0208', kinds: ['vendor'], tags: ['surveyor'] },
    { name: 'Isabel Moreno', email: 'isabel.moreno@example.com', phone: '+44 20 7946 0209', kinds: ['lead'], tags: ['first-time buyer'] },
    { name: 'Thomas Reid', email: 'thomas.reid@example.com', phone: '+44 20 7946 0210', kinds: ['customer'], tags: ['landlord'] },
  ],
};

/** A clinic and an estate agency, with somebody in every role. */
export const DEMO: readonly DemoOrganization[] = [clinic, agency];
