/** The page: shows the place that the address names, and keeps it up to date by one stream of messages. */
import type { BoardMessages } from '../wire.js';
import { byId, say } from './dom.js';
import { KeyPage } from './key.js';
import { ListPage } from './list.js';
import { here } from './location.js';
import { visible } from './words.js';

/** So long after a stream that the server refused the next is tried; one that broke comes back by itself. */
const AGAIN = 5_000;
/** How often a person who listens hears of changes at most. */
const NEWS_EVERY = 5_000;

const base = document.querySelector<HTMLScriptElement>('script[data-base]')!.dataset['base']!;
const list = new ListPage();
let page: ListPage | KeyPage = list;
let stream: EventSource | undefined;
let again: number | undefined;
let isReadOnly = true;
let newsAt = -Infinity;

function show(): void {
  const place = here();
  if ('key' in place) {
    const isSame = page instanceof KeyPage && page.key === place.key;
    if (!isSame) page = new KeyPage(place.key, base);
    if (page instanceof KeyPage) page.allow(isReadOnly);
  } else {
    list.moved(place);
    page = list;
  }
  document.title = 'key' in place ? `${visible(place.key)} · Locks` : 'Locks';
  if (page.element.parentElement === null) {
    byId('main').replaceChildren(page.element);
    // The focus follows to the new page, except at the beginning.
    if (stream) byId('main').focus({ preventScroll: true });
  }
  open(new URLSearchParams(Object.entries(place).map(([name, value]) => [name, String(value)])));
}

function open(query: URLSearchParams): void {
  stream?.close();
  clearTimeout(again);
  const mine = new EventSource(`${base}/stream?${query}`);
  stream = mine;
  const on = <Name extends keyof BoardMessages>(name: Name, hear: (message: BoardMessages[Name]) => void): void => {
    mine.addEventListener(name, (event) =>
      hear(JSON.parse((event as MessageEvent<string>).data) as BoardMessages[Name]),
    );
  };
  on('hello', ({ instance, server, isReadOnly: readOnly }) => {
    isReadOnly = readOnly;
    if (page instanceof KeyPage) page.allow(readOnly);
    say(byId('where'), `${instance === 'default' ? '' : `${instance}, `}seen by ${server}`);
    connected(true);
  });
  on('status', ({ problem }) => {
    byId('problem').hidden = problem === null;
    say(byId('problem'), problem === null ? '' : `The lock store can't be read: ${problem}`);
    document.body.classList.toggle('away', problem !== null);
    byId('main').classList.toggle('old', problem !== null);
  });
  on('list', (message) => {
    if (page === list) tell(list.show(message));
  });
  on('key', (message) => {
    if (page instanceof KeyPage && page.key === message.key) tell(page.show(message));
  });
  mine.addEventListener('error', () => {
    connected(false);
    if (mine.readyState === EventSource.CLOSED) again = setTimeout(() => open(query), AGAIN);
  });
}

function connected(isSo: boolean): void {
  say(byId('state'), isSo ? (isReadOnly ? 'live, read-only' : 'live') : 'connection lost, trying again');
  if (!isSo) byId('main').classList.add('old');
  else if (!document.body.classList.contains('away')) byId('main').classList.remove('old');
}

function tell(text: string): void {
  const now = performance.now();
  if (now - newsAt < NEWS_EVERY) return;
  newsAt = now;
  say(byId('news'), text);
}

addEventListener('hashchange', show);
addEventListener('keydown', (event) => {
  const isTyping = event.target instanceof HTMLElement && event.target.matches('input, textarea, select');
  if (event.key !== '/' || isTyping || page !== list || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  list.focusSearch();
});
show();
