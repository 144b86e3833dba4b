/** The page of one key: who holds it, who waits, and what happened to it in the process that serves the page. */
import type { HolderView, KeyView, WaiterView } from '../wire.js';
import { make, say, sparkline } from './dom.js';
import { openRelease } from './release.js';
import { Bar, count } from './time.js';
import { applicationOf, counted, placeOf, visible } from './words.js';

const UNKNOWN = 'A process is unknown when it has not said yet who it is, or when what it has said can’t be read.';

export class KeyPage {
  readonly element: HTMLElement;
  private readonly state = make('p', { class: 'soft' });
  private readonly holders = make('div');
  private readonly queueTitle = make('h2');
  private readonly queue = make('div');
  private readonly unknown = make('p', { class: 'soft' }, UNKNOWN);
  private readonly eventsTitle = make('h2', {}, 'Events of the process that serves this page');
  private readonly events = make('ol', { class: 'events' });
  private readonly release = make('button', { class: 'danger', attributes: { type: 'button' } }, 'Force release …');

  constructor(
    readonly key: string,
    base: string,
  ) {
    const title = make('h2', { class: 'key' }, visible(key));
    this.release.hidden = true;
    this.release.addEventListener('click', () => openRelease(base, key));
    const back = make('a', { attributes: { href: '#' } }, '← All keys');
    this.element = make(
      'section',
      {},
      make('p', {}, back),
      make('div', { class: 'title' }, title, this.release),
      this.state,
      this.holders,
      this.queueTitle,
      this.queue,
      this.unknown,
      this.eventsTitle,
      this.events,
    );
  }

  /** Whether keys may be taken away. */
  allow(isReadOnly: boolean): void {
    this.release.hidden = isReadOnly;
  }

  show(view: KeyView): string {
    const { holders, waiters, waitingCount, queue, events } = view;
    const text = this.stateText(view);
    say(this.state, text);
    this.release.disabled = holders.length === 0 && !view.isForeign;
    this.holders.replaceChildren(...(holders.length > 0 ? [holderTable(holders)] : []));
    const movement = sparkline(queue);
    this.queueTitle.replaceChildren(
      make('span', { class: 'waiting' }, `Queue: ${counted(waitingCount, 'place')} `, movement),
    );
    this.queue.replaceChildren(...(waiters.length > 0 ? [waiterTable(waiters)] : []));
    this.unknown.hidden = [...holders, ...waiters].every(({ process }) => process !== null);
    this.eventsTitle.hidden = events.length === 0;
    this.events.hidden = events.length === 0;
    this.events.replaceChildren(
      ...events.map(({ agoMs, type, text: said }) => {
        const time = make('time');
        count(time, agoMs);
        return make('li', {}, time, make('strong', {}, type), make('span', {}, visible(said)));
      }),
    );
    return text;
  }

  private stateText({ isRead, isForeign, holders, waitingCount, lastFencingToken }: KeyView): string {
    if (!isRead) return 'Reading …';
    if (isForeign) return 'Something that is not a lock lies where the lock is stored.';
    if (holders.length > 0) return `Held by ${counted(holders.length, 'process', 'processes')}.`;
    if (waitingCount > 0) return 'Free, and about to be taken from its queue.';
    return lastFencingToken === null ? 'Free.' : `Free. Its last fencing token was ${lastFencingToken}.`;
  }
}

function holderTable(holders: readonly HolderView[]): HTMLElement {
  return table(
    ['Held by', 'Share', 'For', 'Since', 'Time left', 'Fencing token'],
    holders.map(({ process, share, isAsked, reports, localWaiters, age, lease, fencingToken }) => {
      const since = make('span');
      count(since, age.ms, age.isExact);
      const bar = new Bar();
      bar.run(lease.leftMs, lease.ofMs);
      const said =
        reports?.length === 0
          ? ['kept after its work, or given to another process']
          : reports?.map(({ label, depth, mode }) => {
              const entered = depth > 1 ? `, entered ${counted(depth, 'time')}` : '';
              return make(
                'div',
                {},
                `${visible(label) || 'no label'}${mode === 'write' ? '' : ` (${mode})`}${entered}`,
              );
            });
      return [
        processText(process),
        share,
        make(
          'span',
          {},
          ...(said ?? [make('span', { class: 'soft' }, isAsked ? 'does not answer' : '')]),
          localWaiters === 0 ? null : make('div', { class: 'soft' }, `${counted(localWaiters, 'caller')} of it wait`),
        ),
        since,
        bar.element,
        make('span', { class: 'key' }, String(fencingToken)),
      ];
    }),
  );
}

function waiterTable(waiters: readonly WaiterView[]): HTMLElement {
  return table(
    ['Place', 'Waits for it', 'For', 'Callers', 'Since'],
    waiters.map(({ process, isAsked, report }, i) => {
      const since = make('span');
      if (report) count(since, report.waitedMs);
      return [
        String(i + 1),
        processText(process),
        report
          ? visible(report.label) || 'no label'
          : make('span', { class: 'soft' }, isAsked ? 'does not answer' : ''),
        report ? String(report.callers) : '',
        since,
      ];
    }),
  );
}

function processText(process: HolderView['process']): HTMLElement {
  return make('span', {}, `${placeOf(process)} `, make('span', { class: 'soft' }, applicationOf(process)));
}

function table(titles: readonly string[], rows: readonly (readonly (Node | string)[])[]): HTMLElement {
  const head = titles.map((title) => make('th', { attributes: { scope: 'col' } }, title));
  const lines = rows.map((cells) =>
    make(
      'tr',
      {},
      ...cells.map((cell, i) => make('td', { class: 'wide', attributes: { 'data-title': titles[i]! } }, cell)),
    ),
  );
  return make('table', {}, make('thead', {}, make('tr', {}, ...head)), make('tbody', {}, ...lines));
}
