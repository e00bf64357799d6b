import { Controller, Delete, Get, Inject, Patch, Post, Put, Req, Res, type Type } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { Asked, List } from '../list.ts';
import type { Door, Message, MessageClass } from '../use-case.ts';
import { doorOfClass } from '../use-case.ts';
import type { View } from '../view.ts';
import type { Handles } from './serve.ts';
import type { Upload } from './upload.ts';

export type Method = 'get' | 'post' | 'patch' | 'put' | 'delete';
type IdsIn<P extends string> = P extends `${string}:${string}/${infer Rest}`
  ? [string, ...IdsIn<Rest>]
  : P extends `${string}:${string}`
    ? [string]
    : [];
type Takes<P extends string, I> = [...IdsIn<P>, ...(unknown extends I ? [] : [I])];

type AnyList = List<unknown> | List<never>;
/** How a route answers: a view (one record, with ETag and links), a schema, a page of a list, or a file. */
export type Answers = View<unknown> | View<never> | z.ZodType | AnyList | 'deleted' | 'file' | 'nothing';

export interface RouteOptions {
  /** One sentence for the OpenAPI document. */
  does: string;
  body?: z.ZodType;
  /** The body as the document shows it, where it is checked piece by piece. */
  shows?: z.ZodType;
  /** Also takes the body as a form, as OAuth clients send it. */
  form?: boolean;
  query?: z.ZodType;
  list?: AnyList;
  /** The field of the listed rows that leads to the record in the path: only that record's rows are listed. */
  under?: string;
  answers?: Answers;
  status?: 200 | 201 | 202;
  /** Where what was made is found, below the base of the API: where that is not the id of the answer in this collection. */
  place?: (shown: Record<string, unknown>) => string;
  /** A creation that answers 200 with the record that is there when it is asked for again; the handler says so by `alreadyThere`. */
  again?: true;
  /** Whether the action is open in this state of the record (wire form): it is linked only then. */
  when?: (row: Record<string, unknown>) => boolean;
  /** The right it takes in the end, where the use case refuses with a reason of its own: for links and the document. */
  takes?: Door;
  /** An example body, which a test sends. */
  example?: unknown;
  /** Accepts a file of one of these types, in a form or raw, at most this many bytes; `body` then describes what comes with it. */
  upload?: { types: readonly string[]; limit: number; text?: boolean };
  /** Further problems this operation answers with, for the OpenAPI document. */
  problems?: readonly string[];
  /** Answers with a secret, so it is not kept for Idempotency-Key. */
  secret?: boolean;
  deprecated?: { since: Date; sunset: Date; successor: string };
}

/** One line of a route table. */
export interface Route extends RouteOptions {
  readonly method: Method;
  readonly path: string;
  /** The message of a request: path ids in order, then the checked body or query. */
  readonly message: (ids: string[], input: unknown, request: FastifyRequest) => Message;
  readonly needs: Door;
  /** Set for requests that are more than one message: batches, exports, uploads. */
  readonly handle?: Handles;
}

/** Below a parent (`organizations/:organization_id/members`) the message takes the parent's id first. */
type Use<P extends string, I, R> = (
  (new (...taken: Takes<P, I>) => Message<R>) | (new (parent: string, ...taken: Takes<P, I>) => Message<R>)
) &
  MessageClass;

function route(method: Method, path: string, use: MessageClass, options: RouteOptions): Route {
  const needs = doorOfClass(use);
  if (!needs) throw new Error(`${use.name} has no door of its own`);
  const Message = use as unknown as new (...taken: unknown[]) => Message;
  const takesInput = Boolean(options.body ?? options.query ?? options.list ?? options.upload);
  return { ...options, method, path, needs, message: (ids, input) => new Message(...ids, ...(takesInput ? [input] : [])) };
}

/** `get(':id/timeline', ContactTimeline, { query, answers, does })`: the message takes the path's ids, then the checked query. */
export function get<P extends string, R>(path: P, use: Use<P, Asked, R>, options: RouteOptions & { list: AnyList }): Route;
export function get<P extends string, R, Q = unknown>(path: P, use: Use<P, Q, R>, options: RouteOptions & { query?: z.ZodType<Q> }): Route;
export function get(path: string, use: MessageClass, options: RouteOptions): Route {
  return route('get', path, use, options);
}
/** `post(':id/win', WinDeal, { body, answers, does })`: the message takes the path's ids, then the checked body. */
export const post = <P extends string, R, B = unknown>(path: P, use: Use<P, B, R>, options: RouteOptions & { body?: z.ZodType<B> }) =>
  route('post', path, use, options);
/** `upload('', StartImport, { body, upload, answers, does })`: the message takes the path's ids, then the checked fields with the stored file. */
export const upload = <P extends string, R, F>(
  path: P,
  use: Use<P, Upload<F>, R>,
  options: RouteOptions & { body: z.ZodType<F>; upload: object },
) => route('post', path, use, options);
export const patch = <P extends string, R, B = unknown>(path: P, use: Use<P, B, R>, options: RouteOptions & { body?: z.ZodType<B> }) =>
  route('patch', path, use, options);
export const put = <P extends string, R, B = unknown>(path: P, use: Use<P, B, R>, options: RouteOptions & { body?: z.ZodType<B> }) =>
  route('put', path, use, options);
export const del = <P extends string, R, Q = unknown>(path: P, use: Use<P, Q, R>, options: RouteOptions & { query?: z.ZodType<Q> }) =>
  route('delete', path, use, options);

/** A route table as it is served: every operation of the OpenAPI document, every link, every sweep of the tests comes from here. */
export interface Table {
  readonly path: string;
  readonly tag: string;
  /** The entity whose records it shows, by its table. */
  readonly of?: string;
  readonly routes: Readonly<Record<string, Route>>;
}
export const tables: Table[] = [];
/** Where the records of an entity live, for links. */
export const homes = new Map<string, Table>();

const DECORATORS = { get: Get, post: Post, patch: Patch, put: Put, delete: Delete };
/** What serves the requests; see serve.ts. A token, so that route tables do not load the server. */
export abstract class Server {
  abstract serve(table: Table, name: string, request: FastifyRequest, reply: FastifyReply): Promise<void>;
}

/**
 * Turns a route table into a Nest controller. `of` makes these paths the home of an entity's links; `home: false` is a second door to the
 * same records (the operator's), which others do not link to.
 */
export function controller(
  path: string,
  routes: Record<string, Route>,
  { tag = path, of, home = true }: { tag?: string; of?: { table: string }; home?: boolean } = {},
): Type {
  const table: Table = { path, tag, routes, ...(of ? { of: of.table } : {}) };
  tables.push(table);
  if (of && home) homes.set(of.table, table);
  class RouteController {
    constructor(readonly server: Server) {}
  }
  Inject(Server)(RouteController, undefined, 0);
  for (const [name, { method, path: suffix }] of Object.entries(routes)) {
    const handler = function (this: RouteController, request: FastifyRequest, reply: FastifyReply) {
      return this.server.serve(table, name, request, reply);
    };
    Object.defineProperty(RouteController.prototype, name, { value: handler, writable: true, configurable: true });
    Req()(RouteController.prototype, name, 0);
    Res()(RouteController.prototype, name, 1);
    const descriptor = Object.getOwnPropertyDescriptor(RouteController.prototype, name)!;
    DECORATORS[method](suffix)(RouteController.prototype, name, descriptor);
  }
  Controller(path)(RouteController);
  Object.defineProperty(RouteController, 'name', { value: `${path}Controller` });
  return RouteController;
}
