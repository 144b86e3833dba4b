/**
 * Requests and responses of the board, by Node's own objects that lie beneath Express and Fastify alike. So no interceptor
 * of the application changes an answer, and no default of a platform gets into it.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';

/** Of Express, or Fastify's with Node's own within. */
export interface BoardRequest extends IncomingMessage {
  readonly raw?: IncomingMessage;
  readonly originalUrl?: string;
  readonly body?: unknown;
}

/** See {@link BoardRequest}. */
export interface BoardResponse extends ServerResponse {
  readonly raw?: ServerResponse;
  /** Fastify then leaves the response alone. */
  hijack?(): unknown;
}

/** Nothing from elsewhere, nothing that is written into the page itself, and no frame around it. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

const HEADERS = {
  'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Robots-Tag': 'noindex',
  // What compresses responses would hold back the messages of a stream.
  'Cache-Control': 'no-store, no-transform',
};

/** Answers a request as a whole. */
export function answer(
  response: BoardResponse,
  { status = 200, type = 'application/json', text = '', ...headers }: AnswerParts,
): void {
  const raw = begin(response);
  for (const [name, value] of Object.entries(headers)) raw.setHeader(name, value);
  raw.statusCode = status;
  raw.setHeader('Content-Type', `${type}; charset=utf-8`);
  raw.end(text);
}

interface AnswerParts {
  status?: number;
  type?: string;
  text?: string;
  Location?: string;
  Allow?: string;
}

/** Takes the response from the platform, with the headers that every answer of the board has. */
export function begin(response: BoardResponse): ServerResponse {
  response.hijack?.();
  const raw = response.raw ?? response;
  for (const [name, value] of Object.entries(HEADERS)) raw.setHeader(name, value);
  return raw;
}

/** Path and parameters as they came in. */
export function urlOf(request: BoardRequest): URL {
  // Slashes at the beginning would be taken for a host.
  const path = (request.originalUrl ?? request.url ?? '/').replace(/^\/+/, '/');
  return new URL(path, 'http://board');
}

/** Whether another site makes the browser send this. Browsers that don't say so are believed. */
export function isCrossSite(request: BoardRequest): boolean {
  const site = headerOf(request, 'sec-fetch-site');
  return site === 'cross-site' || site === 'same-site';
}

/** The header that only a script of the same site can add without asking the server first. */
const OWN_HEADER = 'x-lock-board';

/** Why it may not come from the page of the board itself, which what changes something must; `undefined` where it certainly does. */
export function strangerProblem(request: BoardRequest): string | undefined {
  if (headerOf(request, OWN_HEADER) === undefined) return NOT_FROM_PAGE;
  const site = headerOf(request, 'sec-fetch-site');
  if (site !== undefined) return site === 'same-origin' ? undefined : NOT_FROM_PAGE;
  // Over plain HTTP browsers say where it comes from, and not how that is related.
  const origin = headerOf(request, 'origin');
  if (origin === undefined || !URL.canParse(origin)) return NOT_FROM_PAGE;
  return new URL(origin).host === headerOf(request, 'host') ? undefined : OTHER_HOST;
}

const NOT_FROM_PAGE = 'This did not come from the page of the board.';
const OTHER_HOST =
  'This did not come from the page of the board, by the name of the server (`Host`) that arrived. A proxy in between has to ' +
  'pass on the one that the browser sent; nginx does with `proxy_set_header Host $http_host;`.';

function headerOf(request: BoardRequest, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' ? value : undefined;
}
