/**
 * The routes of the board. A controller is made for each module, because its path and its guards are metadata. The page asks
 * for everything relative to its own address, so it works below any prefix, and behind any proxy.
 */
import { Controller, Get, Inject, Param, Post, Req, Res, UseGuards, VERSION_NEUTRAL } from '@nestjs/common';
import type { Type } from '@nestjs/common';
import { answer, begin, isCrossSite, strangerProblem, urlOf } from './board.http.js';
import type { BoardRequest, BoardResponse } from './board.http.js';
import type { BoardSettings } from './board.options.js';
import { EventStream } from './event-stream.js';
import { LockBoard } from './lock-board.js';
import { PAGE_FILES } from './page.text.js';
import { readReleaseBody, readViewQuery } from './requests.js';

/** Longer names are cut. */
const LONGEST_USER = 100;

/** A controller of these settings. */
export function boardController({ path, guards, user }: BoardSettings): Type {
  const page = PAGE_FILES['page.html']!;
  const html = page.text.replaceAll('{base}', path.split('/').at(-1)!);

  @Controller({ path, version: VERSION_NEUTRAL })
  @UseGuards(...guards)
  class LockBoardController {
    constructor(@Inject(LockBoard) private readonly board: LockBoard) {}

    @Get()
    page(@Req() request: BoardRequest, @Res() response: BoardResponse): void {
      const isFolder = urlOf(request).pathname.endsWith('/');
      // What the page refers to lies below its name.
      if (isFolder) answer(response, { status: 308, Location: `../${path.split('/').at(-1)!}` });
      else answer(response, { type: page.type, text: html });
    }

    @Get('stream')
    stream(@Req() request: BoardRequest, @Res() response: BoardResponse): void {
      if (isCrossSite(request)) return answer(response, { status: 403 });
      if (!this.board.hasRoom) return answer(response, { status: 503 });
      const query = readViewQuery(urlOf(request).searchParams);
      const problem = 'key' in query ? this.board.problemOfKey(query.key) : undefined;
      if (problem !== undefined) return answer(response, { status: 400, text: JSON.stringify({ problem }) });
      this.board.add(query, (onClose) => new EventStream(begin(response), onClose));
    }

    @Post('release')
    async release(@Req() request: BoardRequest, @Res() response: BoardResponse): Promise<void> {
      const refuse = (status: number, problem: string): void =>
        answer(response, { status, text: JSON.stringify({ isDone: false, problem }) });
      if (this.board.isReadOnly) return refuse(403, 'This board is read-only.');
      const stranger = strangerProblem(request);
      if (stranger !== undefined) return refuse(403, stranger);
      const body = readReleaseBody(request.body);
      if (typeof body === 'string') return refuse(400, body);
      const problem = this.board.problemOfKey(body.key);
      if (problem !== undefined) return refuse(400, problem);
      const by = user(request)?.slice(0, LONGEST_USER) || undefined;
      const result = await this.board.forceRelease(body.key, body.reason, by);
      answer(response, { status: result.problem === null ? 200 : 503, text: JSON.stringify(result) });
    }

    @Get(':file')
    file(@Req() request: BoardRequest, @Res() response: BoardResponse, @Param('file') name?: string): void {
      // Fastify takes a slash at the end for an empty name.
      if (!name) return this.page(request, response);
      const file = Object.hasOwn(PAGE_FILES, name) ? PAGE_FILES[name] : undefined;
      if (file && file !== page) answer(response, file);
      else answer(response, { status: 404, text: '{}' });
    }
  }

  return LockBoardController;
}
