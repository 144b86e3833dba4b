/** The list on a terminal, drawn again in place at each look; as many keys as there are lines. */
import type { KeyOverview } from '../../lock.operations.js';
import { plain } from '../../quoting.js';
import { bold, faint } from '../colours.js';
import { overviewTable } from '../overview-table.js';
import type { Terminal } from '../terminal.js';
import { cutToWidth } from '../text-width.js';
import { byQueue, counted } from '../words.js';

/** The second screen of the terminal: what was there before comes back at the end. Without the cursor. */
const [ENTER, LEAVE] = ['\u001b[?1049h\u001b[?25l', '\u001b[?25h\u001b[?1049l'];
const [HOME, REST_OF_LINE, REST_OF_SCREEN] = ['\u001b[H', '\u001b[K', '\u001b[J'];
/** The lines above and below the keys. */
const OTHER_LINES = 5;

export class Screen {
  private isOpen = false;
  private last: readonly KeyOverview[] = [];

  constructor(
    private readonly terminal: Terminal,
    private readonly match: string,
  ) {}

  async show(keys: readonly KeyOverview[], now: Date): Promise<void> {
    this.last = [...keys].sort(byQueue);
    await this.draw(now, undefined);
  }

  /** The keys stay as they were seen last. */
  async failed(message: string, now: Date): Promise<void> {
    await this.draw(now, message);
  }

  async end(): Promise<void> {
    if (this.isOpen) await this.terminal.print(LEAVE);
  }

  private async draw(now: Date, failure: string | undefined): Promise<void> {
    const { terminal, last, match } = this;
    const { columns, rows } = terminal.size() ?? { columns: 80, rows: 24 };
    const room = Math.max(1, rows - OTHER_LINES);
    const shown = last.slice(0, room);
    const places = last.reduce((sum, { waitingCount }) => sum + waitingCount, 0);
    const which = match === '*' ? '' : ` ${plain(match)}`;
    const head = `${counted(last.length, 'key')}${which}, ${places} waiting, ${now.toLocaleTimeString()}`;
    const rest = last.length > room ? `… and ${last.length - room} more; --match chooses` : '';
    const lines = [
      bold(cutToWidth(head, columns), terminal),
      failure === undefined ? '' : cutToWidth(`Redis can't be asked: ${failure}`, columns),
      ...overviewTable(shown, terminal).trimEnd().split('\n'),
      faint(rest, terminal),
      faint('Ctrl-C ends', terminal),
    ];
    const opening = this.isOpen ? '' : ENTER;
    this.isOpen = true;
    await terminal.print(`${opening}${HOME}${lines.join(`${REST_OF_LINE}\n`)}${REST_OF_LINE}${REST_OF_SCREEN}`);
  }
}
