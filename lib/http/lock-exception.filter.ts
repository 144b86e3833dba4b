/**
 * Tells clients what kept their request from its lock, instead of a bare 500. Over HTTP it speaks to Nest's adapter, or to
 * the response where it was given none, so it works on Express and Fastify alike; other transports get what they expect.
 */
import { Catch, HttpStatus, Logger, Optional } from '@nestjs/common';
import type { ArgumentsHost, ExceptionFilter, HttpServer } from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import { STATUS_CODES } from 'node:http';
import { throwError } from 'rxjs';
import { LockError } from '../lock.errors.js';
import { bareResponses } from './bare-responses.js';
import { LockAnswers } from './lock-answers.js';
import type { LockAnswer, LockExceptionFilterOptions } from './lock-answers.js';
import { answerSocket } from './socket-answer.js';

/**
 * Answers `LockBusyError` with 409, `LockTimeoutError` with 423, `LockUnavailableError` and `LockShutdownError` with 503,
 * each with a `Retry-After` in whole seconds: what is left of the holder's lease, from 1 to `maxRetryAfter`. A
 * `LockKeyError` is a 400 where the arguments of the call are to blame. Other lock errors stay a 500, and other errors are
 * untouched.
 *
 * No client is told more than a sentence and the error's `code`: never its message, its key, or the result of a section
 * that lost its lock. A microservice's client gets `{ status: 'error', message, code }`, a gateway's the same as an
 * `exception` event; a GraphQL resolver's error has the sentence as its message and the code in its `extensions`. In any
 * other context the error is thrown on as it is.
 *
 * On another HTTP platform than Express and Fastify a filter that is made with `new` needs Nest's adapter:
 * `new LockExceptionFilter(app.getHttpAdapter())`.
 *
 * @example
 * ```ts
 * providers: [{ provide: APP_FILTER, useClass: LockExceptionFilter }];
 * // or, with options
 * providers: [{ provide: APP_FILTER, useValue: LockExceptionFilter.with({ statuses: { LOCK_BUSY: 429 } }) }];
 * // or
 * app.useGlobalFilters(new LockExceptionFilter());
 * ```
 */
@Catch(LockError)
export class LockExceptionFilter extends BaseExceptionFilter implements ExceptionFilter<LockError> {
  private readonly log = new Logger('LockExceptionFilter');
  private readonly answers: LockAnswers;

  /**
   * @param adapter - Nest's HTTP adapter, where the filter is made by hand on a platform that it does not know.
   * @param options - what differs from the defaults.
   * @throws `LockOptionsError` for a bad option.
   */
  constructor(@Optional() adapter?: HttpServer, @Optional() options?: LockExceptionFilterOptions) {
    super(adapter);
    this.answers = new LockAnswers(options);
  }

  /**
   * A filter with options, for `useGlobalFilters`, `@UseFilters`, or as the value of `APP_FILTER`.
   *
   * @throws `LockOptionsError` for a bad option.
   */
  static with(options: LockExceptionFilterOptions): LockExceptionFilter {
    return new LockExceptionFilter(undefined, options);
  }

  override catch(exception: LockError, host: ArgumentsHost): unknown {
    const kind = host.getType<string>();
    if (kind !== 'http' && kind !== 'rpc' && kind !== 'ws' && kind !== 'graphql') throw exception;
    const answer = this.answers.to(exception);
    if (kind === 'http') return this.answerHttp(exception, answer, host);
    // Outside of HTTP Nest does not log it.
    if (answer.status === HttpStatus.INTERNAL_SERVER_ERROR) this.log.error(exception);
    const { message, code, retryAfter } = answer;
    const told = { status: 'error', message, code };
    if (kind === 'rpc') return throwError(() => told);
    // An error of a gateway that is thrown here would not reach the client.
    if (kind === 'ws') return answerSocket(host.switchToWs().getClient(), told);
    throw Object.assign(new Error(message), { extensions: { code, ...(retryAfter !== undefined && { retryAfter }) } });
  }

  private answerHttp(exception: LockError, answer: LockAnswer, host: ArgumentsHost): unknown {
    const adapter = this.applicationRef ?? this.httpAdapterHost?.httpAdapter ?? bareResponses;
    const { status, message, code, retryAfter } = answer;
    if (status === HttpStatus.INTERNAL_SERVER_ERROR) return this.handleUnknownError(exception, host, adapter);
    const response: unknown = host.getArgByIndex(1);
    // An answer that has begun can't be changed any more, only ended.
    if ('isHeadersSent' in adapter && adapter.isHeadersSent(response)) return adapter.end(response);
    if (retryAfter !== undefined) adapter.setHeader(response, 'Retry-After', String(retryAfter));
    return adapter.reply(response, { statusCode: status, error: STATUS_CODES[status], message, code }, status);
  }
}
