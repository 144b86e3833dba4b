/**
 * Tells HTTP clients what kept their request from its lock, instead of a bare 500. It speaks to Nest's adapter, or to the
 * response where it was given none, so it works on Express and Fastify alike.
 */
import { Catch, HttpStatus } from '@nestjs/common';
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import { throwError } from 'rxjs';
import { LockError } from '../lock.errors.js';
import type { LockErrorCode } from '../lock.errors.js';
import { bareResponses } from './bare-responses.js';

/** What a client may do about: try again. Everything else is the server's own fault, and stays a 500. */
const STATUS: Partial<Record<LockErrorCode, { status: HttpStatus; error: string; message: string }>> = {
  LOCK_BUSY: { status: HttpStatus.CONFLICT, error: 'Conflict', message: 'The resource is in use.' },
  LOCK_TIMEOUT: { status: 423, error: 'Locked', message: 'The resource stayed in use for too long.' },
  LOCK_UNAVAILABLE: {
    status: HttpStatus.SERVICE_UNAVAILABLE,
    error: 'Service Unavailable',
    message: 'Locks are unavailable at the moment.',
  },
  LOCK_SHUTDOWN: {
    status: HttpStatus.SERVICE_UNAVAILABLE,
    error: 'Service Unavailable',
    message: 'The server is shutting down.',
  },
};

/**
 * Answers `LockBusyError` with 409, `LockTimeoutError` with 423, `LockUnavailableError` and `LockShutdownError` with 503,
 * each with a `Retry-After` in whole seconds. The body carries the error's `code`, never the key. Other lock errors stay
 * a 500, and other errors are untouched. A microservice handler's error travels on as it is; a gateway's client gets an
 * `exception` event. On another HTTP platform than Express and Fastify a filter that is made with `new` needs Nest's
 * adapter: `new LockExceptionFilter(app.getHttpAdapter())`.
 *
 * @example
 * ```ts
 * providers: [{ provide: APP_FILTER, useClass: LockExceptionFilter }];
 * // or
 * app.useGlobalFilters(new LockExceptionFilter());
 * ```
 */
@Catch(LockError)
export class LockExceptionFilter extends BaseExceptionFilter implements ExceptionFilter<LockError> {
  override catch(exception: LockError, host: ArgumentsHost): unknown {
    const kind = host.getType<string>();
    if (kind === 'rpc') return throwError(() => exception);
    if (kind === 'ws') return this.answerSocket(exception, host);
    // GraphQL, for one, makes its own answer of what is thrown.
    if (kind !== 'http') throw exception;
    const answer = STATUS[exception.code];
    const adapter = this.applicationRef ?? this.httpAdapterHost?.httpAdapter ?? bareResponses;
    if (!answer) return this.handleUnknownError(exception, host, adapter);
    const { status, error, message } = answer;
    const response: unknown = host.getArgByIndex(1);
    // An answer that has begun can't be changed any more, only ended.
    if ('isHeadersSent' in adapter && adapter.isHeadersSent(response)) return adapter.end(response);
    const retryAfter = Math.max(1, Math.ceil((exception.retryAfterMs ?? 1_000) / 1_000));
    adapter.setHeader(response, 'Retry-After', String(retryAfter));
    return adapter.reply(response, { statusCode: status, error, message, code: exception.code }, status);
  }

  /** As Nest's own gateway filter does: thrown from here, the error would reach nobody. */
  private answerSocket(exception: LockError, host: ArgumentsHost): void {
    const client = host.switchToWs().getClient<{ emit?: (event: string, data: unknown) => void }>();
    const message = STATUS[exception.code]?.message ?? 'Internal server error';
    client.emit?.('exception', { status: 'error', message, code: exception.code });
  }
}
