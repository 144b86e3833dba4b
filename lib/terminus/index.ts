/** Entry point `nestjs-distributed-lock/terminus`: needs `@nestjs/terminus` 11 or newer. */
export { LockHealthIndicator } from './lock-health.indicator.js';
export type { LockPingCheckOptions } from './lock-health.indicator.js';
