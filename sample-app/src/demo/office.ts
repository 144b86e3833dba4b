/** A running ticket office as the demo sees it: an address, and news about its locks. */
import { filter, firstValueFrom, merge } from 'rxjs';
import type { Observable } from 'rxjs';
import type { LockEvent } from 'nestjs-distributed-lock';

/** The part of a `LockEvent` that travels between processes. */
export interface OfficeEvent extends Pick<LockEvent, 'type' | 'key'> {
  readonly office: string;
}

export interface Office {
  readonly name: string;
  readonly url: string;
  readonly events$: Observable<OfficeEvent>;
}

/** What an office answered. */
export interface Answer<Body> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

/** Sends one HTTP request to an office. */
export async function call<Body>(
  office: Office,
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  path: string,
  body?: object,
): Promise<Answer<Body>> {
  const request: RequestInit = { method };
  if (body) Object.assign(request, { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } });
  const response = await fetch(office.url + path, request);
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: (text === '' ? undefined : JSON.parse(text)) as Body,
  };
}

/** The next event of a type on a key, at any of the offices. It listens from the call on. */
export function nextEvent(offices: readonly Office[], type: LockEvent['type'], key: string): Promise<OfficeEvent> {
  const events$ = merge(...offices.map((office) => office.events$));
  return firstValueFrom(events$.pipe(filter((event) => event.type === type && event.key === key)));
}
