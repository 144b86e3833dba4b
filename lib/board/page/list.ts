/** The list: a line for each key of a page, kept up to date in place, so that the focus stays where it is. */
import type { ListView, RowView } from '../wire.js';
import { make, say, sparkline } from './dom.js';
import { here, linkTo, SORTS } from './location.js';
import type { Place } from './location.js';
import { Bar, count, inWords, still } from './time.js';
import { applicationOf, counted, placeOf, visible } from './words.js';

const TITLES = ['Key', 'Held by', 'For', 'Since', 'Time left', 'Waiting'];
/** So long after the last letter it is searched, in milliseconds. */
const TYPING = 250;
/** What was read so long ago says little of how much is left of a lease that is over by it. */
const LONG_AGO = 3_000;

class Row {
  readonly element: HTMLTableRowElement;
  private readonly place = make('span');
  private readonly application = make('span', { class: 'soft' });
  private readonly label = make('span');
  private readonly age = make('span');
  private readonly bar = new Bar();
  private readonly waiting = make('span', { class: 'waiting' });

  constructor(key: string) {
    const link = make('a', { class: 'key', attributes: { href: linkTo({ key }) } }, visible(key));
    const cell = (title: string, content: Node[], className = ''): HTMLElement =>
      make('td', { class: className, attributes: { 'data-title': title } }, ...content);
    this.element = make(
      'tr',
      {},
      make('th', { attributes: { scope: 'row' } }, link),
      cell('', [this.place, document.createTextNode(' '), this.application], 'wide'),
      cell('for', [make('div', {}, this.label)]),
      cell('since', [this.age]),
      cell('', [this.bar.element], 'wide'),
      cell('waiting', [this.waiting], 'number'),
    );
  }

  update(row: RowView): void {
    const { holderCount, process, isForeign, age, lease, label, waitingCount, queue, readMs } = row;
    const others = holderCount > 1 ? ` and ${counted(holderCount - 1, 'other')}` : '';
    say(
      this.place,
      isForeign ? 'something that is not a lock' : holderCount > 0 ? placeOf(process) + others : 'nobody',
    );
    say(this.application, applicationOf(process));
    say(this.label, label === null ? '' : visible(label));
    if (age) count(this.age, age.ms, age.isExact);
    else still(this.age, '');
    if (!lease) this.bar.hide();
    // In a long list it may have been renewed since.
    else if (lease.leftMs === 0 && readMs > LONG_AGO) this.bar.stop(`read ${inWords(readMs)} ago`);
    else this.bar.run(lease.leftMs, lease.ofMs);
    const number = make('span', { class: waitingCount > 0 ? 'hot' : 'soft' }, waitingCount.toLocaleString('en'));
    this.waiting.replaceChildren(...[sparkline(queue), number].filter((each) => each !== null));
  }
}

export class ListPage {
  readonly element: HTMLElement;
  private readonly search = make('input', {
    attributes: { type: 'search', placeholder: 'Search keys ( / )', 'aria-label': 'Search keys', autocomplete: 'off' },
  });
  private readonly sort = make(
    'select',
    { attributes: { 'aria-label': 'Order' } },
    ...SORTS.map(([value, title]) => make('option', { attributes: { value } }, title)),
  );
  private readonly counts = make('span', { class: 'count' });
  private readonly body = make('tbody');
  private readonly table: HTMLElement;
  private readonly empty = make('p', { class: 'empty' }, 'Reading …');
  private readonly pages = make('nav', { class: 'pages', attributes: { 'aria-label': 'Pages' } });
  private rows = new Map<string, Row>();
  private typing: number | undefined;

  constructor() {
    const titles = TITLES.map((title) =>
      make('th', { class: title === 'Waiting' ? 'number' : '', attributes: { scope: 'col' } }, title),
    );
    this.table = make('table', { attributes: { id: 'list' } }, make('thead', {}, make('tr', {}, ...titles)), this.body);
    this.table.hidden = true;
    const tools = make('div', { class: 'tools', attributes: { role: 'search' } }, this.search, this.sort, this.counts);
    this.element = make('section', {}, tools, this.table, this.empty, this.pages);
    this.search.addEventListener('input', () => {
      clearTimeout(this.typing);
      this.typing = setTimeout(() => this.go({ search: this.search.value, page: 0 }), TYPING);
    });
    this.sort.addEventListener('change', () =>
      this.go({ sort: this.sort.value as (typeof SORTS)[number][0], page: 0 }),
    );
  }

  /** The address has changed. */
  moved(place: Extract<Place, { search: string }>): void {
    if (document.activeElement !== this.search) this.search.value = place.search;
    this.sort.value = place.sort;
  }

  focusSearch(): void {
    this.search.focus();
  }

  show(list: ListView): string {
    const { rows, found, total, held, waiting, isComplete, isCut } = list;
    const before = this.rows;
    this.rows = new Map(rows.map((row) => [row.key, before.get(row.key) ?? new Row(row.key)]));
    for (const row of rows) this.rows.get(row.key)!.update(row);
    const wanted = rows.map(({ key }) => this.rows.get(key)!.element);
    for (const [key, row] of before) if (!this.rows.has(key)) row.element.remove();
    // Only what is out of place is moved: a moved element loses the focus.
    wanted.forEach((element, i) => {
      if (this.body.children[i] !== element) this.body.insertBefore(element, this.body.children[i] ?? null);
    });
    this.table.hidden = rows.length === 0;
    this.empty.hidden = rows.length > 0;
    say(this.empty, this.emptyText(list));
    const which = found === total ? counted(total, 'key') : `${found.toLocaleString('en')} of ${counted(total, 'key')}`;
    const more = isCut ? ' (and more than are shown)' : isComplete ? '' : ' so far';
    const text = `${which}${more}, ${held.toLocaleString('en')} held, ${waiting.toLocaleString('en')} waiting`;
    say(this.counts, text);
    this.showPages(list);
    return text;
  }

  private emptyText({ isComplete, total }: ListView): string {
    if (!isComplete) return 'Reading …';
    return total === 0 ? 'No key is held or waited for.' : 'No key matches the search.';
  }

  private showPages({ page, pages }: ListView): void {
    this.pages.hidden = pages < 2;
    if (pages < 2) return;
    const place = here();
    if ('key' in place) return;
    const link = (title: string, to: number): HTMLElement =>
      to < 0 || to >= pages
        ? make('span', { class: 'soft' }, title)
        : make('a', { attributes: { href: linkTo({ ...place, page: to }) } }, title);
    const text = `Page ${page + 1} of ${pages}`;
    if (this.pages.dataset['state'] === `${text} ${location.hash}`) return;
    this.pages.dataset['state'] = `${text} ${location.hash}`;
    this.pages.replaceChildren(link('Previous', page - 1), make('span', {}, text), link('Next', page + 1));
  }

  private go(change: Partial<Extract<Place, { search: string }>>): void {
    const place = here();
    if (!('key' in place)) location.hash = linkTo({ ...place, ...change });
  }
}
