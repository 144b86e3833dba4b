/** One office in a process of its own. It tells its address, and closes when the process that started it is gone. */
import { readConfig } from '../office.config.js';
import { openOffice } from './open-office.js';

// Ctrl-C reaches every process of the terminal; the one that started this says when to close.
process.on('SIGINT', () => {});
const app = await openOffice(readConfig(process.env));
process.once('disconnect', () => void app.close().finally(() => process.exit()));
if (process.connected) process.send?.({ url: await app.getUrl() });
