/** The dialog that takes a key from its holder: it asks for the key once more, typed, and for a reason. */
import type { ReleaseBody, ReleaseResult } from '../wire.js';
import { byId, make, say } from './dom.js';
import { visible } from './words.js';

const LONGEST_REASON = '500';

export function openRelease(base: string, key: string): void {
  const typed = make('input', { attributes: { autocomplete: 'off', spellcheck: 'false', name: 'confirmation' } });
  const reason = make('textarea', { attributes: { rows: '2', maxlength: LONGEST_REASON, name: 'reason' } });
  const cancel = make('button', { attributes: { type: 'button' } }, 'Cancel');
  const submit = make('button', { class: 'danger sure', attributes: { type: 'submit' } }, 'Take it away');
  const problem = make('p', { attributes: { role: 'alert' } });
  const form = make(
    'form',
    {},
    make('h2', { attributes: { id: 'release-title' } }, 'Take this key from its holder?'),
    make('p', { class: 'key' }, visible(key)),
    make('p', {}, 'The holder is told at once. Work that goes on all the same is then no longer alone.'),
    make('label', {}, 'Type the key', typed),
    make('label', {}, 'Reason', reason),
    problem,
    make('div', { class: 'buttons' }, cancel, submit),
  );
  const dialog = make('dialog', { attributes: { 'aria-labelledby': 'release-title' } }, form);
  const check = (): void => {
    submit.disabled = typed.value !== key || reason.value.trim() === '';
  };
  check();
  form.addEventListener('input', check);
  cancel.addEventListener('click', () => dialog.close());
  dialog.addEventListener('close', () => dialog.remove());
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    submit.disabled = true;
    void send(base, { key, confirmation: typed.value, reason: reason.value.trim() }).then(
      ({ isDone, problem: why }) => {
        if (why === null) {
          say(byId('news'), isDone ? 'The key was taken away.' : 'The key was free already.');
          return dialog.close();
        }
        say(problem, why);
        return check();
      },
    );
  });
  document.body.append(dialog);
  dialog.showModal();
  typed.focus();
}

/** Never rejects. */
async function send(base: string, body: ReleaseBody): Promise<ReleaseResult> {
  try {
    const answer = await fetch(`${base}/release`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'X-Lock-Board': '1' },
      body: JSON.stringify(body),
    });
    return (await answer.json()) as ReleaseResult;
  } catch {
    return {
      isDone: false,
      problem: 'The server did not answer. Look whether the key is still held before trying again.',
    };
  }
}
