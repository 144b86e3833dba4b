/** Locks in a request over HTTP: the request is the parent of what its locks take, and their sections are inside. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { SpanKind } from '@opentelemetry/api';
import { expect, it } from '@jest/globals';
import { builtPath } from '../support/processes/build.mjs';

interface Seen {
  readonly name: string;
  readonly kind: SpanKind;
  readonly id: string;
  readonly parent?: string;
}

it('a request over HTTP, its lock, and what runs with it are nested', async () => {
  const program = builtPath('test/processes/programs/traced-http.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [program]);
  const spans = JSON.parse(stdout) as Seen[];
  const pathOf = (name: string): string[] => {
    const path: string[] = [];
    for (let span = spans.find((each) => each.name === name); span;) {
      path.unshift(span.kind === SpanKind.SERVER ? 'request' : span.name);
      if (span.kind === SpanKind.SERVER) break;
      span = spans.find((each) => each.id === span!.parent);
    }
    return path;
  };
  expect(pathOf('acquire order:<0>')).toEqual(['request', 'acquire order:<0>']);
  expect(pathOf('ship')).toEqual(['request', 'hold order:<0>', 'ship']);
});
