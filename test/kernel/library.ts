import {
  businessRecord,
  choice,
  Command,
  Context,
  controller,
  crud,
  currency,
  day,
  decimal,
  entity,
  EntityManager,
  flag,
  Handles,
  inUse,
  List,
  load,
  member,
  moment,
  money,
  note,
  ormOptions,
  type Permissions,
  post,
  problem,
  ref,
  text,
  texts,
  whole,
} from '#kernel';
import { MikroORM } from '@mikro-orm/postgresql';
import type { z } from 'zod';
import { asOwner } from '../database.ts';

/**
 * A context that only the kernel's specs have: one field of every kind, references of every kind, and a rule. It shows what the kernel does
 * for any context, and stays when the real ones change.
 */
export const GENRES = ['novel', 'poetry', 'essay'] as const;

export class Shelf extends entity('test_shelf', { name: text({ max: 100 }), floor: whole().optional() }) {}

export class BookLent {
  constructor(
    readonly id: string,
    readonly to: string,
  ) {}
}
export const bookNeedsPrice = problem('test_book.needs_price', 422, 'A book without a price cannot be lent');

export class Book extends businessRecord(
  'test_book',
  {
    title: text({ max: 100 }),
    subtitle: text({ max: 100 }).optional(),
    price: money({ min: 0n }).or(0n),
    currency: currency().or('EUR'),
    genre: choice(GENRES, 'novel'),
    pages: whole().optional(),
    weight: decimal().optional(),
    printed: day().optional(),
    readAt: moment().optional(),
    lent: flag().or(false),
    tags: texts(),
    notes: note().secret().optional(),
    shelfId: ref(() => Shelf).optional(),
    reviewerId: member().optional(),
    sequelTo: ref('test_book').optional(),
  },
  { unique: [{ on: ['title'] }], search: ['new.title', 'new.subtitle'] },
) {
  lend(to: string) {
    if (!this.price) throw bookNeedsPrice();
    this.lent = true;
    this.record(new BookLent(this.id, to));
  }
}

export const ShelfView = Shelf.view('id', 'name', 'floor', 'createdAt', 'updatedAt', 'version');
export const BookView = Book.view(
  ...(['id', 'title', 'subtitle', 'price', 'currency', 'genre', 'pages', 'weight', 'printed', 'readAt', 'lent', 'tags', 'notes'] as const),
  ...(['shelfId', 'reviewerId', 'sequelTo', 'ownerId', 'custom', 'createdAt', 'updatedAt', 'version'] as const),
);
export const books = new List(BookView, {
  sorts: ['createdAt', 'title', 'subtitle', 'price', 'pages', 'weight', 'printed', 'readAt', 'genre', 'lent'],
  filters: [
    'title',
    'subtitle',
    'price',
    'genre',
    'pages',
    'weight',
    'printed',
    'readAt',
    'lent',
    'tags',
    'shelfId',
    'ownerId',
    'createdAt',
  ],
  aliases: { min_price: 'price[gte]', max_price: 'price[lte]', tag: 'tags', shelf: 'shelf_id' },
  search: true,
  include: { shelf: { view: ShelfView, by: 'shelf_id' } },
});

export const NewShelf = Shelf.input('name', 'floor');
export class CreateShelf extends Command<Shelf> {
  constructor(readonly input: z.output<typeof NewShelf>) {
    super();
  }
}
@Handles(CreateShelf, 'create', Shelf)
class ShelfHandler {
  constructor(private readonly em: EntityManager) {}
  async execute({ input }: CreateShelf) {
    return this.em.create(Shelf, input);
  }
}

export class DeleteShelf extends Command<Shelf> {
  constructor(readonly id: string) {
    super();
  }
}
@Handles(DeleteShelf, 'delete', Shelf)
class DeleteHandler {
  constructor(private readonly em: EntityManager) {}
  async execute({ id }: DeleteShelf) {
    const shelf = await load(this.em, Shelf, id);
    if (await this.em.count(Book, { shelfId: id })) throw inUse();
    shelf.remove();
    return shelf;
  }
}

const GIVEN = ['title', 'subtitle', 'price', 'currency', 'genre', 'pages', 'weight', 'printed', 'readAt', 'lent', 'tags', 'notes'] as const;
const POINTERS = ['shelfId', 'reviewerId', 'sequelTo', 'ownerId', 'custom'] as const;
export const NewBook = Book.input(...GIVEN, ...POINTERS);
export class CreateBook extends Command<Book> {
  constructor(readonly input: z.output<typeof NewBook>) {
    super();
  }
}
@Handles(CreateBook, 'create', Book)
class CreateHandler {
  constructor(private readonly em: EntityManager) {}
  async execute({ input }: CreateBook) {
    return this.em.create(Book, input);
  }
}

export const BookChanges = Book.patch(...GIVEN, ...POINTERS);
export class UpdateBook extends Command<Book> {
  constructor(
    readonly id: string,
    readonly changes: z.output<typeof BookChanges>,
  ) {
    super();
  }
}
@Handles(UpdateBook, 'update', Book)
class UpdateHandler {
  constructor(private readonly em: EntityManager) {}
  async execute({ id, changes }: UpdateBook) {
    return Object.assign(await load(this.em, Book, id), changes);
  }
}

export class LendBook extends Command<Book> {
  constructor(readonly id: string) {
    super();
  }
}
@Handles(LendBook, 'update', Book)
class LendHandler {
  constructor(private readonly em: EntityManager) {}
  async execute({ id }: LendBook) {
    const book = await load(this.em, Book, id);
    book.lend('Ada');
    return book;
  }
}

const permissions: Permissions = {
  member(can, me) {
    can(['read', 'create'], [Book, Shelf]);
    can(['update', 'delete'], Book, { ownerId: me.userId });
    can('delete', Shelf);
  },
  manager(can) {
    can(['update', 'delete', 'reassign', 'export'], Book);
  },
};

const BooksController = controller(
  'test-books',
  {
    ...crud({ of: Book, called: 'a book', view: BookView, list: books, create: [CreateBook, NewBook], update: [UpdateBook, BookChanges] }),
    lend: post(':id/lend', LendBook, { does: 'Lend a book', answers: BookView, when: (row) => row.lent === false }),
  },
  { of: Book },
);
const ShelvesController = controller(
  'test-shelves',
  crud({
    of: Shelf,
    called: 'a shelf',
    view: ShelfView,
    list: new List(ShelfView, { sorts: ['name'], filters: ['name'] }),
    create: [CreateShelf, NewShelf],
    remove: DeleteShelf,
  }),
  { of: Shelf },
);

@Context({
  entities: [Shelf, Book],
  permissions,
  controllers: [BooksController, ShelvesController],
  useCases: [CreateShelf, DeleteShelf, CreateBook, UpdateBook, LendBook],
})
export class LibraryModule {}

/** Makes the tables of the library as migrations would: the same generator, by the owner. */
export async function buildLibrary(): Promise<void> {
  await razeLibrary();
  const orm = await MikroORM.init(ormOptions(process.env.DATABASE_OWNER_URL!, { driverOptions: undefined }));
  const sql = await orm.schema.getUpdateSchemaSQL({ safe: true, dropTables: false });
  await orm.close();
  // Whether the rest of the schema is as the migrations leave it is the schema law's business.
  await asOwner(
    sql
      .split('\n')
      .filter((statement) => statement.includes('test_'))
      .join('\n'),
  );
}
export async function razeLibrary(): Promise<void> {
  await asOwner('drop table if exists test_book, test_shelf cascade; drop function if exists test_book_test_book_search_fn');
}
