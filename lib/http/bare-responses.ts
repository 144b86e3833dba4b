/**
 * What the filter needs of Nest's HTTP adapter, done with the response alone: for a filter that was made by hand
 * without an adapter, so that Nest could not give it one. Express and Fastify name these three methods alike.
 */
import type { ServerResponse } from 'node:http';
import type { HttpServer } from '@nestjs/common';

interface BareResponse extends ServerResponse {
  status(code: number): unknown;
  header(name: string, value: string): unknown;
  send(body: unknown): unknown;
  /** Fastify's reply is no response of Node's, but has one. */
  readonly raw?: ServerResponse;
}

const nodeResponse = (response: BareResponse): ServerResponse => response.raw ?? response;

const methods = {
  isHeadersSent: (response: BareResponse): boolean => nodeResponse(response).headersSent,
  end: (response: BareResponse): unknown => nodeResponse(response).end(),
  setHeader: (response: BareResponse, name: string, value: string): unknown => response.header(name, value),
  reply(response: BareResponse, body: unknown, statusCode: number): unknown {
    response.status(statusCode);
    return response.send(body);
  },
};

/** Stands in for an adapter, of which an exception filter uses no more than this. */
export const bareResponses = methods as unknown as HttpServer;
